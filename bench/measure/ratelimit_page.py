"""The second half of the page: rate limiting, wholly written from one run."""

from dataclasses import dataclass

from . import ratelimit_profile
from .ratelimit_live_keys import FLAT, NUMBERS, SLOTS
from .ratelimit_pgbench import CLIENTS
from .ratelimit_redis import PIPELINE
from .ratelimit_rows import BUILTINS, STATEMENT_ABOVE, STATEMENT_RATIOS, THROUGHPUT
from .ratelimit_setup import KEYS
from .table import microseconds, rows, shares

_PROFILED = {
    "scalar spread off": "`SELECT 1 + :k`, a transaction each",
    "allow spread off": "`SELECT ratelimit_allow(…)`, a transaction each",
    "row spread off": "`SELECT * FROM pg_walfile_name_offset(…)`, a transaction each",
    "hit spread off": "`SELECT * FROM ratelimit_hit(…)`, a transaction each",
    "empty_allow statement": "an empty function, many in a statement",
    "allow statement": "`ratelimit_allow`, many in a statement",
    "empty_hit statement": "an empty function with a row, many in a statement",
    "hit statement": "`ratelimit_hit`, many in a statement",
}


@dataclass(frozen=True)
class Results:
    """Everything that one run found out."""

    options: object
    machine: dict
    slots: int
    rounds: object
    live_keys: object
    profiles: dict


def _met(comparison, figure):
    if comparison.wanted is None:
        return ""
    return "yes" if comparison.is_met(figure) else "**no**"


def _times(spread):
    digits = 2 if spread.median < 3 else 1
    return f"{spread.median:.{digits}f} × ({spread.least:.{digits}f}–{spread.most:.{digits}f})"


def _micro(spread):
    return f"{microseconds(spread.median)} ({microseconds(spread.least)}–{microseconds(spread.most)})"


def _a_second(rounds, name):
    return f"{1e9 / rounds.cost(name).median:,.0f}"


def _ratio_table(rounds, comparisons, head, shown):
    def cells(comparison):
        figure = comparison.figure(rounds)
        wanted = "" if comparison.wanted is None else f"≥ {comparison.wanted} ×"
        return [comparison.work, comparison.peer_shown, wanted, _times(figure), _met(comparison, figure),
                shown(rounds, comparison.ours), shown(rounds, comparison.peer)]

    return rows(["work", "peer", "wanted", "ratio", "met", *head], map(cells, comparisons))


def throughput_table(rounds):
    """One decision a transaction or round trip."""
    return _ratio_table(rounds, THROUGHPUT, ["ours, a second", "peer, a second"], _a_second)


def processor_table(rounds):
    """The built-ins again, in the processor time of server and client."""
    def cells(comparison):
        ours, peer = f"{comparison.ours} processor", f"{comparison.peer} processor"
        return [comparison.work, comparison.peer_shown, f"≥ {comparison.wanted} ×" if comparison.wanted else "",
                _times(rounds.ratio(peer, ours)), *(microseconds(rounds.cost(name).median) for name in (ours, peer))]

    return rows(["work", "peer", "wanted", "ratio", "ours, µs", "peer, µs"], map(cells, BUILTINS))


def statement_tables(rounds):
    """Many decisions in one statement: against Redis, and above an empty function."""
    def cells(comparison):
        figure = comparison.figure(rounds)
        return [comparison.work, f"≤ {comparison.wanted / 1000} µs", _micro(figure), _met(comparison, figure),
                *(microseconds(rounds.cost(name).median) for name in (comparison.ours, comparison.peer))]

    redis = _ratio_table(rounds, STATEMENT_RATIOS, ["ours, µs", "peer, µs"],
                         lambda all_rounds, name: microseconds(all_rounds.cost(name).median))
    above = rows(["work", "wanted", "µs above an empty function", "met", "ours, µs", "empty, µs"],
                 map(cells, STATEMENT_ABOVE))
    return f"{redis}\n\n{above}"


def live_keys_table(rounds):
    """Cost against the number of live keys, and against that with the fewest."""
    def cells(keys):
        for way in ("transaction", "statement"):
            growth = rounds.ratio(f"{way} {keys}", f"{way} {NUMBERS[0]}")
            yield _micro(rounds.cost(f"{way} {keys}"))
            yield _times(growth)
            yield "yes" if growth.median <= FLAT else "**no**"

    head = ["live keys", "µs a transaction", f"against {NUMBERS[0]:,}", "flat",
            "µs in one statement, above an empty function", f"against {NUMBERS[0]:,}", "flat"]
    return rows(head, ([f"{keys:,}", *cells(keys)] for keys in NUMBERS))


def _ceilings(rounds):
    """How many times the upsert's throughput a function reaches that does nothing."""
    stores = {"logged": "logged", "unlogged": "UNLOGGED"}
    reaches = {"spread": "100,000 keys", "hot": "one hot key"}
    found = [f"{_times(rounds.ratio(f'upsert {store} {reach}', f'row {reach} off'))} for {shown}, {where}"
             for store, shown in stores.items() for reach, where in reaches.items()]
    return f"the built-in in FROM against the upserts is {', '.join(found)}"


def _profile_table(profiles):
    if not profiles:
        return "perf could not sample on this machine, so there is no profile."
    body = [[_PROFILED[name], shares(ratelimit_profile.grouped(samples), 7), shares(samples, 8)]
            for name, samples in profiles.items()]
    return rows(["work", "what the samples are for", "the places with most"], body)


def render(results):
    rounds, options = results.rounds, results.options
    facts = "\n".join(f"* {label}: {value}" for label, value in results.machine.items())
    return f"""## Rate limiting

One run, {options.rounds} rounds; in each round everything is measured once, ours right after its peer where both run in
PostgreSQL. Ratios are taken within a round; the tables give their median, with the least and the most.

{facts}

The server is PostgreSQL as it comes (fsync on, synchronous commit, autovacuum), with `shared_buffers` 1 GB,
`phone_crypt` preloaded and `ratelimit_slots` {results.slots:,}. Everything shares the processor: the server, what drives
it, and where there is a flush, the flusher.

### One decision a transaction

`pgbench -M prepared`, {CLIENTS} clients over a Unix socket, {options.seconds} s each, all hits allowed unless it says
denied. "No flush" is `ratelimit_flush_interval` 0, "flush each second" is 1 s; both are the memory engine. The peers
choose a key as ours do.

{throughput_table(rounds)}

![Decisions a second](benchmarks-ratelimit.svg)

Whatever else runs on the machine moves these figures, one side at a time. Processor time moves less: that of the
server, its flusher and pgbench together, for one transaction. On an idle machine the two ratios are the same.

{processor_table(rounds)}

What no function can beat is the round trip around it: {_ceilings(rounds)}.

* **an empty function**: in C (`bench/peer/`), with the same arguments and results, the row made of constants. What it
  falls short of the built-in is the price of the columns, not of the decision.
* **rate-limiter-flexible**: its PostgreSQL store makes its table and gives its SQL for a hit; pgbench sends that text as a
  prepared statement, with as many parameters as the package's own driver, and no Node.js has to keep up with it. The
  table has all keys in it before. For UNLOGGED, the table is altered and the connections have `synchronous_commit` off.
* **Redis**: without persistence, on a Unix socket, `redis-benchmark` with {CLIENTS} clients. The scripts are in `bench/peer/`.
* **table engine**: a server with `ratelimit_engine = table`. Denied keys have used up their limit.
* **10 ms before COMMIT**: `BEGIN`, the hit, `pg_sleep(0.01)`, `COMMIT`; memory engine.

### Many decisions in one statement

Processor time of the server for each of {options.rows:,} decisions over {KEYS:,} keys. `ratelimit_allow` in the
select list, `ratelimit_hit` in FROM, once a row of a table of keys; Redis gets the same number of calls, {PIPELINE} on
the way at once for each of {CLIENTS} clients. The empty functions are those of above.

{statement_tables(rounds)}

### Against the number of live keys

A server for each number of keys, with `ratelimit_slots` {SLOTS:,}, measured in turn. `ratelimit_hit`, without a flush.
Wanted: flat within {FLAT - 1:.0%}.

{live_keys_table(results.live_keys)}

![Cost against the number of live keys](benchmarks-ratelimit-keys.svg)

### Where the time of a decision goes

Samples of the server's backends by `perf`; "a transaction each" is {CLIENTS} clients as above, the client's own time
left out.

{_profile_table(results.profiles)}

### What keeps a wish from being met, and what would remove it

* **Memory.** With few keys all slots are in the processor's caches. With many, a hit makes two trips to memory, to the
  bucket and to the slot, which the look-ahead (`src/ratelimit/limiter.rs`, `Aim`) hides only in part. A slot has room for
  the longest key, 584 bytes, where most have a tenth of that: slots of 256 bytes with long keys in a place of their own
  would let more of them stay in the caches. Huge pages changed little when tried.
* **The row.** An empty function that returns the same six columns falls short of the two-column built-in by itself; the
  difference is PostgreSQL's, for making, describing and printing them. `ratelimit_allow` returns one value.
* **The round trip.** Against the upserts, the built-in in FROM is the ceiling; it is given below the table.
* **The flush.** Writing a row costs several microseconds of processor time, sixteen arrays taken apart among them.
  Handing whole rows to the statement, or updating through the index without SQL, would take away a part.
* **Denials of the table engine** read one row through the index, and then the round trip is most of what is left.
"""
