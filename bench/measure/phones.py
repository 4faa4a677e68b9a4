"""Hashing, encrypting, decrypting and normalising beside their peers."""

import re
import secrets
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import inputs
from .report import ALONE, SHARE, Row, facts, package_version, table, write
from .rounds import measure, say
from .session import Session, cpu_nanoseconds

E164, MESSY, ENCRYPTED, PEER_ENCRYPTED = TABLES = (
    "bench_e164", "bench_messy", "bench_encrypted", "bench_peer_encrypted")

HASH, ENCRYPT, DECRYPT = "`phone_hash`", "`phone_encrypt`", "`phone_decrypt`"
NORMALIZE = {"E.164": "`phone_normalize`, E.164", "messy": "`phone_normalize`, messy national"}
PEER_HASH = "pgcrypto: `encode(hmac(…, 'sha256'), 'hex')`"
PEER_ENCRYPT = "pgcrypto: `gen_random_bytes`, `encrypt_iv`, `hmac` over both, `encode`"
PEER_DECRYPT = "pgcrypto: `decode`, `hmac` check, `decrypt_iv`"
MD5, UPPER = "built-in `md5(text)`", "built-in `upper(text)`"
LIBPHONENUMBER = {kind: f"libphonenumber in C++, a bare loop, {kind}" for kind in NORMALIZE}
CORE = {kind: f"the same without SQL, {kind}" for kind in NORMALIZE}

PEERS = (
    Row(HASH, PEER_HASH, 6),
    Row(ENCRYPT, PEER_ENCRYPT, 9),
    Row(DECRYPT, PEER_DECRYPT, 7),
    *(Row(ours, MD5, 1) for ours in (HASH, ENCRYPT, DECRYPT)),
    Row(NORMALIZE["E.164"], LIBPHONENUMBER["E.164"], 20),
    Row(NORMALIZE["messy"], LIBPHONENUMBER["messy"], 5),
)
FLOOR = (
    *(Row(ours, UPPER, kind=SHARE) for ours in (HASH, ENCRYPT, DECRYPT, *NORMALIZE.values())),
    *(Row(NORMALIZE[kind], CORE[kind], kind=SHARE) for kind in NORMALIZE),
)

_NUMBER = "'+61401148075'"
FIRST = {f"`SELECT {call}`": f"SELECT {call}" for call in (
    f"upper({_NUMBER})", f"phone_normalize({_NUMBER})", "phone_normalize('(650) 253-0000')", f"phone_hash({_NUMBER})",
    f"phone_encrypt({_NUMBER})")}
_FLOOR_OF_FIRST, *_FIRST_OURS = FIRST
# The processor time and the memory of a first call, by what is added to its name.
PROCESSOR, MEMORY = ", processor time", ", private memory"
FIRST_CALLS = (
    *(Row(name, _FLOOR_OF_FIRST, 1e6, ALONE) for name in _FIRST_OURS),
    *(Row(name + PROCESSOR, _FLOOR_OF_FIRST + PROCESSOR, kind=ALONE) for name in _FIRST_OURS),
    *(Row(name + MEMORY, _FLOOR_OF_FIRST + MEMORY, 1e6, ALONE, "size") for name in _FIRST_OURS),
)


class Loop:
    """A program that has read its numbers and waits to be told to go through them: nanoseconds of CPU time each."""

    def __init__(self, stack, program, file, count):
        self._process = stack.enter_context(subprocess.Popen(
            [program, file, *inputs.REGIONS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        self._count = count

    def __call__(self):
        return int(self._ask("run")) / self._count

    def answers(self):
        """What it made of each number; empty where it found none."""
        return [self._ask("answers"), *(self._line() for _ in range(self._count - 1))]

    def _ask(self, command):
        print(command, file=self._process.stdin, flush=True)
        return self._line()

    def _line(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args[0]} ended")
        return line.rstrip("\n")


def loops(stack, options, numbers):
    """By name, and the shares of numbers of which C++ and we make the same."""
    made, agreed = {}, {}
    directory = stack.enter_context(tempfile.TemporaryDirectory())
    for kind, all_numbers in numbers.items():
        # A million of the messy ones would take C++ half a minute a round.
        some, file = all_numbers[:100_000], Path(directory) / kind
        file.write_text("\n".join(some) + "\n", encoding="utf-8")
        theirs = made[LIBPHONENUMBER[kind]] = Loop(stack, options.libphonenumber, file, len(some))
        ours = made[CORE[kind]] = Loop(stack, options.core, file, len(some))
        same = sum(a == b for a, b in zip(theirs.answers(), ours.answers(), strict=True))
        agreed[f"numbers of which libphonenumber makes the same, {kind}"] = f"{same / len(some):.2%}"
    return made, agreed


class Statements:
    """Nanoseconds of CPU time a row above the scan, which is measured anew each time: a processor does not keep one
    speed for long."""

    def __init__(self, session, rows):
        self._session, self._rows = session, rows
        key, mac = (f"decode('{secrets.token_hex(32)}', 'hex')" for _ in range(2))
        # OFFSET 0 keeps the planner from merging the subqueries, which would evaluate twice what is named twice.
        self.peer_encrypt = (
            f"encode(iv || e || hmac(iv || e, {mac}, 'sha256'), 'hex')",
            f"(SELECT iv, encrypt_iv(convert_to(value, 'UTF8'), {key}, iv, 'aes-cbc/pad:pkcs') AS e"
            f" FROM (SELECT value, gen_random_bytes(16) AS iv FROM {E164} OFFSET 0) AS a OFFSET 0) AS b")
        self.peer_decrypt = (
            f"CASE WHEN hmac(substr(v, 1, length(v) - 32), {mac}, 'sha256') = substr(v, length(v) - 31)"
            f" THEN convert_from(decrypt_iv(substr(v, 17, length(v) - 48), {key}, substr(v, 1, 16),"
            " 'aes-cbc/pad:pkcs'), 'UTF8') END",
            f"(SELECT decode(value, 'hex') AS v FROM {PEER_ENCRYPTED} OFFSET 0) AS a")

    def prepare(self, numbers):
        """Loads the numbers, encrypts them both ways, and leaves every table at rest and in the cache."""
        query = self._session.query
        for name, values in zip((E164, MESSY), numbers.values(), strict=True):
            query(f"CREATE UNLOGGED TABLE {name} (value text NOT NULL)")
            self._session.copy(name, values)
        query(f"CREATE UNLOGGED TABLE {ENCRYPTED} AS SELECT phone_encrypt(value) AS value FROM {E164}")
        expression, source = self.peer_encrypt
        query(f"CREATE UNLOGGED TABLE {PEER_ENCRYPTED} AS SELECT {expression} AS value FROM {source}")
        for name in TABLES:
            query(f"VACUUM (FREEZE, ANALYZE) {name}")

    def side(self, scanned, expression, source=None):
        def cost():
            scan = self._session.cpu_time(f"SELECT count(value) FROM {scanned}")
            return (self._session.cpu_time(f"SELECT count({expression}) FROM {source or scanned}") - scan) / self._rows

        return cost

    def sides(self, bare):
        """Each of ours right after its peer."""
        return {
            UPPER: self.side(E164, "upper(value)"),
            MD5: self.side(E164, "md5(value)"),
            PEER_HASH: self.side(E164, f"encode(hmac(value, '{secrets.token_hex(32)}', 'sha256'), 'hex')"),
            HASH: self.side(E164, "phone_hash(value)"),
            PEER_ENCRYPT: self.side(E164, *self.peer_encrypt),
            ENCRYPT: self.side(E164, "phone_encrypt(value)"),
            PEER_DECRYPT: self.side(PEER_ENCRYPTED, *self.peer_decrypt),
            DECRYPT: self.side(ENCRYPTED, "phone_decrypt(value)"),
            **bare,
            NORMALIZE["E.164"]: self.side(E164, "phone_normalize(value)"),
            NORMALIZE["messy"]: self.side(MESSY, "phone_normalize(value)"),
        }


def private_bytes(pid):
    """Memory that is the process's own. Linux calls pages of shared memory private too while no other process has
    looked at them, so those mappings (an s after three letters of permissions) are left out."""
    mappings = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", Path(f"/proc/{pid}/smaps").read_text(), flags=re.M)
    return 1024 * sum(int(kilobytes) for mapping in mappings if not re.match(r"\S+ [r-][w-][x-]s", mapping)
                      for kilobytes in re.findall(r"^Private_(?:Clean|Dirty): +([0-9]+)", mapping, re.M))


def first_call(sql):
    """In a new backend, while no other has a session: pages that another process has in use are not private."""
    def cost():
        with Session() as session:
            memory, processor = private_bytes(session.pid), cpu_nanoseconds(session.pid)
            waited, _ = session.timed(sql)
            return {"": waited, PROCESSOR: cpu_nanoseconds(session.pid) - processor,
                    MEMORY: private_bytes(session.pid) - memory}

    return cost


def main(options):
    """Called with what bench/run gives for this part."""
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
        session.query("CREATE EXTENSION pgcrypto")
    say("first calls of new backends")
    first = measure({name: first_call(sql) for name, sql in FIRST.items()}, 2 * options.rounds + 1, warm_up=False)
    numbers = {"E.164": inputs.e164(options.rows), "messy": inputs.messy(options.rows)}
    with ExitStack() as stack:
        session = stack.enter_context(Session("jit = off", "max_parallel_workers_per_gather = 0"))
        say(f"loading {options.rows:,} numbers of each kind")
        statements = Statements(session, options.rows)
        statements.prepare(numbers)
        bare, agreed = loops(stack, options, numbers)
        head = facts(options, session, {
            "pgcrypto": session.query("SELECT extversion FROM pg_extension WHERE extname = 'pgcrypto'"),
            "libphonenumber (C++)": package_version("libphonenumber-dev")} | agreed)
        rounds = measure(statements.sides(bare), options.rounds)
    write(options, head, {"Beside peers": table(rounds, PEERS), "Beside the floor": table(rounds, FLOOR),
                          "First call of a backend": table(first, FIRST_CALLS)})
