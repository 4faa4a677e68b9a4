"""The first half of the page, wholly written from one run."""

from dataclasses import dataclass

from . import profile
from .first_call import CALLS
from .table import microseconds, rows, shares


@dataclass(frozen=True)
class Comparison:
    """A row of the table: our statement, its peer, and how many times faster it is wanted to be."""

    ours: str
    peer: str
    shown: str
    wanted: float


COMPARISONS = (
    Comparison("phone_hash", "pgcrypto hash", "pgcrypto: `encode(hmac(…, 'sha256'), 'hex')`", 6),
    Comparison("phone_encrypt", "pgcrypto encrypt",
               "pgcrypto: `gen_random_bytes`, `encrypt_iv`, `hmac` over both, `encode`", 9),
    Comparison("phone_decrypt", "pgcrypto decrypt", "pgcrypto: `decode`, `hmac` check, `decrypt_iv`", 7),
    Comparison("phone_hash", "md5", "built-in `md5(text)`", 1),
    Comparison("phone_encrypt", "md5", "built-in `md5(text)`", 1),
    Comparison("phone_decrypt", "md5", "built-in `md5(text)`", 1),
    Comparison("phone_normalize E.164", "libphonenumber E.164", "libphonenumber in C++, a bare loop", 20),
    Comparison("phone_normalize messy", "libphonenumber messy", "libphonenumber in C++, a bare loop", 5),
)

FLOOR = "upper"
ABOVE_THE_FLOOR = ("phone_hash", "phone_encrypt", "phone_decrypt", "phone_normalize E.164", "phone_normalize messy")

_SHOWN = {
    "phone_normalize E.164": "`phone_normalize`, E.164",
    "phone_normalize messy": "`phone_normalize`, messy national",
}


def shown(name):
    """How a statement is called on the page."""
    return _SHOWN.get(name, f"`{name}`")


@dataclass(frozen=True)
class Results:
    """Everything that one run found out."""

    options: object
    machine: dict
    agreement: dict
    rounds: object
    first_calls: dict
    profiles: dict


def _times(spread):
    return f"{spread.median:.1f} × ({spread.least:.1f}–{spread.most:.1f})"


def table(rounds):
    """The comparison with the peers."""
    def cells(comparison):
        ratio = rounds.ratio(comparison.peer, comparison.ours)
        wanted = "cheaper" if comparison.wanted == 1 else f"≥ {comparison.wanted} ×"
        return [
            shown(comparison.ours), comparison.shown, wanted, _times(ratio),
            "yes" if ratio.median >= comparison.wanted else "**no**",
            microseconds(rounds.cost(comparison.ours).median), microseconds(rounds.cost(comparison.peer).median),
        ]

    return rows(["work", "peer", "wanted", "faster by", "met", "ours, µs/row", "peer, µs/row"],
                 map(cells, COMPARISONS))


def _floor_table(rounds):
    def cells(name):
        ratio = rounds.ratio(name, FLOOR)
        return [shown(name), _times(ratio), microseconds(rounds.cost(name).median)]

    return rows(["work", "times `upper(text)`", "µs/row"], map(cells, ABOVE_THE_FLOOR))


def _call_overhead(rounds):
    def cells(kind):
        name = f"phone_normalize {kind}"
        share = rounds.share_beyond(f"core {kind}", name)
        return [shown(name), microseconds(rounds.cost(f"core {kind}").median),
                microseconds(rounds.cost(name).median), f"{share.median:.0%}"]

    return rows(["input", "core alone, µs", "in SQL, µs", "share of the call"], map(cells, ("E.164", "messy")))


def _first_call_table(first_calls):
    def cells(name):
        call = first_calls[name]
        return [
            f"`{CALLS[name]}`",
            f"{call.first.median:.2f} ({call.first.least:.2f}–{call.first.most:.2f})",
            f"{call.cpu.median:.2f}",
            f"{call.second.median:.2f}",
            f"{call.memory.median:.0f}",
            f"{call.written.median:.0f}",
        ]

    head = ["first statement of a new backend", "ms (least–most)", "processor, ms", "again, ms",
            "private memory, kB", "of it written to, kB"]
    return rows(head, map(cells, first_calls))


def _profile_section(profiles):
    if not profiles:
        return "perf could not sample on this machine, so there is no profile.\n"
    body = [[shown(name), shares(profile.grouped(samples), 8), shares(samples, 6)]
            for name, samples in profiles.items()]
    return rows(["statement", "what the samples are for, scan included", "the places with most"], body) + "\n"


def render(results):
    rounds, options = results.rounds, results.options
    facts = "\n".join(f"* {label}: {value}" for label, value in results.machine.items())
    agreed = results.agreement
    return f"""## Phone numbers

One run, one server, {options.rounds} rounds; in each round everything is measured once, each function right after its
peer. Ratios are taken within a round; the table gives their median, with the least and the most.

{facts}

Each figure is CPU time of the backend for one statement over {options.rows:,} rows (`SELECT count(f(value)) FROM t`),
with that of `SELECT count(value) FROM t`, measured right before it, taken off. CPU time, because it does not count
what other programs on the machine do. Tables in shared buffers, a warm-up round before the first, `jit = off`,
`max_parallel_workers_per_gather = 0`.

{table(rounds)}

![How many times faster than the peer](benchmarks.svg)

The peers do the same work: encrypting is random IV, AES-256-CBC, HMAC-SHA-256 over IV and ciphertext, hexadecimal text;
decrypting goes all the way back. Ours normalises the number first as well, finds the keys and counts the call. The
C++ program (`bench/peer/`) has no SQL around it: it applies the rule of `phone_normalize` to the first 100,000 of the
same numbers, one after the other. Of those, it and phone_crypt make the same number out of {agreed["E.164"]:.2%} (E.164)
and {agreed["messy"]:.2%} (messy); its metadata is of another version.

### The floor

`upper(text)` is about the least that a function from text to text can cost: {microseconds(rounds.cost(FLOOR).median)} µs a row, above
{microseconds(rounds.cost("scan").median)} µs for the scan.

{_floor_table(rounds)}

How much of `phone_normalize` is the call, and how much the work? The same numbers, in a loop without SQL:

{_call_overhead(rounds)}

Where the time goes, by sampling the backend with `perf` ({profile.SAMPLES_A_SECOND} times a second):

{_profile_section(results.profiles)}
An HMAC takes two compressions of SHA-256 at least, one after the other. "The call" is what pgrx and our own edge do
around the work: arguments, results, errors, counters. A place is a file of ours, a crate, or a function of C.

### First call

The library is preloaded; each call is the first statement of a new backend, {2 * options.rounds + 1} backends for each, one at a
time. The time is what the client waits, and includes what any first statement pays to read the catalogue: compare
`upper`. The memory is the growth of the backend's private mappings (in `/proc/PID/smaps`), pages of the programs that
no other process has in use included. Wanted: at most 1 ms and 1 MB.

{_first_call_table(results.first_calls)}
"""
