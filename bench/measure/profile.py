"""Where the time of a statement goes: perf samples, each given to the crate or the library it fell in."""

import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from .processor import Forked, postmaster_of

PROFILED = ("upper", "phone_hash", "phone_encrypt", "phone_decrypt", "phone_normalize E.164",
            "phone_normalize messy")
SAMPLES_A_SECOND = 4999
SECONDS = 3

_REPOSITORY = Path(__file__).parents[2]
_LIBRARY = "phone_crypt.so"
_CRATE = re.compile(r"/registry/src/[^/]+/([a-z0-9_-]+?)-\d+\.\d+")
_CORE = re.compile(r"(?:^|/)crates/core/src/(.+)\.rs$")
_EDGE = re.compile(r"(?:^|/)src/(.+)\.rs$")
# What a sample fell in, by what it is for; the first that fits.
_GROUPS = (
    ("SHA-256 and HMAC", re.compile(r"crate (sha2|hmac|digest|block-buffer)|core: crypto/primitives/(sha256|hmac)")),
    ("AES-256-CBC", re.compile(r"crate (aes|cbc|cipher|inout|block-padding)|core: crypto/primitives/aes")),
    ("hexadecimal", re.compile(r"crate faster-hex|core: crypto/primitives/hex")),
    ("random IV", re.compile(r"crate (chacha20|rand_core|getrandom)|core: crypto/random|edge: random")),
    ("comparing tags", re.compile(r"crate subtle")),
    ("the rest of the value and the keys", re.compile(r"core: crypto|edge: keys")),
    ("regular expressions", re.compile(r"crate (regex|aho-corasick|memchr)")),
    ("the number's rules", re.compile(r"core: phone|crate (rlibphonenumber|itoa|zeroes_itoa)|edge: e164")),
    ("the call (pgrx and our edge)", re.compile(r"crate (pgrx|cee-scape|zeroize)|edge: |Rust's standard|ld-linux")),
    ("PostgreSQL: scan, executor, memory", re.compile(r"PostgreSQL: ")),
    ("C library (copying, allocating)", re.compile(r"libc: ")),
    ("kernel", re.compile(r"kernel")),
)
_STANDARD = re.compile(r"/rustc/|/library/(?:core|alloc|std)/")


def take(session, made, say):
    """For each statement, the share of the samples by what they fell in, the most first. Empty where perf
    cannot sample here."""
    if not shutil.which("perf"):
        return {}
    profiles = {}
    for name in PROFILED:
        profiles[name] = of_statement(session, made[name].sql)
        if not profiles[name]:
            say("perf takes no samples here; no profile")
            return {}
        say(f"profile of {name}: {sum(profiles[name].values())} samples")
    return profiles


def grouped(samples, groups=_GROUPS):
    """The same samples by what they are for."""
    counter = Counter()
    for place, count in samples.items():
        counter[next((name for name, pattern in groups if pattern.match(place)), "other")] += count
    return counter


def of_statement(session, sql):
    """Samples of the session's backend while it runs the statement again and again, by place."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "perf.data"
        _record(session, sql, file)
        return _attribute(session.pid, _samples(file))


def of_server(session, run):
    """Samples of the server's processes while `run` is called, by place. They are forked from one process, so the
    library is at one address in all of them."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "perf.data"
        perf = _start_perf(file, "-a")
        with Forked(postmaster_of(session.pid)) as forked:
            run()
        _stop_perf(perf)
        return _attribute(session.pid, _samples(file, forked.pids))


def _record(session, sql, file):
    perf = _start_perf(file, "-p", str(session.pid))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        session.query(sql)
    _stop_perf(perf)


def _start_perf(file, *whom):
    perf = subprocess.Popen(
        ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(SAMPLES_A_SECOND), *whom, "-o", str(file)],
        stderr=subprocess.DEVNULL)
    # It writes the head of its file when it begins, which on a busy machine may take a while.
    while perf.poll() is None and not (file.exists() and file.stat().st_size):
        time.sleep(0.01)
    return perf


def _stop_perf(perf):
    perf.send_signal(signal.SIGINT)
    perf.wait()


def _samples(file, pids=None):
    """Address, symbol and object of each sample; only of these processes, if they are given."""
    script = subprocess.run(
        ["perf", "script", "-i", str(file), "-F", "pid,ip,sym,dso"], capture_output=True, text=True, check=False)
    pattern = re.compile(r"^\s*([0-9]+)\s+([0-9a-f]+) (.*) \((.*)\)$")
    for line in script.stdout.splitlines():
        match = pattern.match(line)
        if match and (pids is None or match[1] in pids):
            yield int(match[2], 16), match[3], match[4]


def _attribute(pid, samples):
    ours, shares = Counter(), Counter()
    for address, symbol, library in samples:
        if library.endswith(_LIBRARY):
            ours[address] += 1
        else:
            shares[_elsewhere(symbol, library)] += 1
    places = _places(pid, list(ours))
    for address, count in ours.items():
        shares[places[address]] += count
    return shares


def _elsewhere(symbol, library):
    name = Path(library).name
    if name.startswith("[kernel"):
        return "kernel"
    if name == "postgres":
        return f"PostgreSQL: {symbol.split('+')[0]}"
    return f"{name.split('.so')[0]}: {symbol.split('+')[0]}"


def _places(pid, addresses):
    """The source of each address of our library: the innermost frame that is not the standard library's."""
    if not addresses:
        return {}
    path, base = _mapping(pid)
    # -a prints each address before its frames, of which inlined code has several.
    report = subprocess.run(
        ["addr2line", "-a", "-i", "-e", path], input="\n".join(f"{address - base:#x}" for address in addresses),
        capture_output=True, text=True, check=True).stdout
    frames = [block.splitlines()[1:] for block in re.split(r"^(?=0x[0-9a-f]+$)", report, flags=re.M) if block]
    return {address: _source(files) for address, files in zip(addresses, frames, strict=True)}


def _mapping(pid):
    """The library's file and the address it is loaded at."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith(_LIBRARY):
            span, _, offset, *_, path = line.split()
            return path, int(span.split("-")[0], 16) - int(offset, 16)
    raise RuntimeError(f"{_LIBRARY} is not loaded in backend {pid}")


def _source(files):
    for file in files:
        file = file.rsplit(":", 1)[0]
        if match := _CRATE.search(file):
            return f"crate {match[1]}"
        if _STANDARD.search(file):
            continue
        if match := _CORE.search(file):
            return f"core: {match[1]}"
        if (match := _EDGE.search(file)) and (_REPOSITORY / "src" / f"{match[1]}.rs").exists():
            return f"edge: {match[1]}"
    return "Rust's standard library"
