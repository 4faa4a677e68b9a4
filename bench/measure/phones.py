"""Hashing, encrypting, decrypting and normalising beside their peers."""

import re
import secrets
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from .report import ALONE, Row, facts, measure, package_version, say, table, write
from .session import QUIET, Session, Unexpected

HASH, ENCRYPT, DECRYPT = "`phone_hash`", "`phone_encrypt`", "`phone_decrypt`"
PEER_HASH = "pgcrypto: `encode(hmac(…, 'sha256'), 'hex')`"
PEER_ENCRYPT = "pgcrypto: `gen_random_bytes`, `encrypt_iv`, `hmac` over both, `encode`"
PEER_DECRYPT = "pgcrypto: `decode`, `hmac` check, `decrypt_iv`"
MD5 = "built-in `md5(text)`"
NORMALIZE = {"bench_e164": "`phone_normalize`, E.164", "bench_messy": "`phone_normalize`, messy national"}
LIBPHONENUMBER = {"bench_e164": "libphonenumber in C++, a bare loop, E.164", "bench_messy": "libphonenumber in C++, a bare loop, messy"}
PEERS = (
    Row(HASH, PEER_HASH, 6),
    Row(ENCRYPT, PEER_ENCRYPT, 9),
    Row(DECRYPT, PEER_DECRYPT, 7),
    *(Row(ours, MD5, 1) for ours in (HASH, ENCRYPT, DECRYPT)),
    *(Row(NORMALIZE[kind], LIBPHONENUMBER[kind], wanted) for kind, wanted in (("bench_e164", 20), ("bench_messy", 5))),
)

FIRST = {f"`SELECT {call}`": f"SELECT {call}" for call in (
    "upper('+61401148075')", "phone_normalize('+61401148075')", "phone_normalize('(650) 253-0000')", "phone_hash('+61401148075')",
    "phone_encrypt('+61401148075')")}
MEMORY = ", private memory"
_FLOOR, *_FIRST_OURS = FIRST
FIRST_CALLS = (
    *(Row(name, _FLOOR, 1e6, ALONE) for name in _FIRST_OURS),
    *(Row(name + MEMORY, _FLOOR + MEMORY, 1e6, ALONE, "size") for name in _FIRST_OURS),
)


def digits(count, factor):
    return f"lpad((n / 10 * {factor} % {10 ** count})::text, {count}, '0')"


# Numbers, the same in every run: mostly mobiles of eight countries, as in a table of customers; and national numbers of the
# default regions, spelled in ten ways, one of them with fullwidth digits, as East Asian keyboards write them.
SPELLINGS = {
    "bench_e164": """CASE n % 10 WHEN 0 THEN '+447' || 4 + n / 10 % 2 || digits WHEN 1 THEN '+336' || digits WHEN 2 THEN '+49151' || digits
        WHEN 3 THEN '+9198' || left(digits, 8) WHEN 4 THEN '+81901' || left(digits, 7) WHEN 5 THEN '+551196' || left(digits, 7)
        WHEN 6 THEN format('+61%s%s%s', VARIADIC mobile) WHEN 7 THEN format('+61%s%s%s', VARIADIC mobile)
        ELSE format('+1%s%s%s', VARIADIC american) END""",
    "bench_messy": """CASE n % 10 WHEN 0 THEN format('0%s%s%s', VARIADIC mobile) WHEN 1 THEN format('0%s %s %s', VARIADIC mobile)
        WHEN 2 THEN format('0%s-%s-%s', VARIADIC mobile)
        WHEN 3 THEN translate(format('0%s%s%s', VARIADIC mobile), '0123456789', '０１２３４５６７８９')
        WHEN 4 THEN format('(0%s) %s %s', VARIADIC landline) WHEN 5 THEN format('0%s %s-%s', VARIADIC landline)
        WHEN 6 THEN format('(%s) %s-%s', VARIADIC american) WHEN 7 THEN format('%s.%s.%s', VARIADIC american)
        WHEN 8 THEN format('1-%s-%s-%s', VARIADIC american) ELSE format('%s %s %s ext. 12', VARIADIC american) END""",
}
PARTS = f"""SELECT n, {digits(8, 48271)} AS digits,
       ARRAY['4' || n / 10 % 6 || n / 60 % 10, {digits(3, 271)}, {digits(3, 487)}] AS mobile,
       ARRAY[(ARRAY[2, 3, 7, 8])[1 + n / 10 % 4]::text, 5 + n / 40 % 5 || {digits(3, 271)}, {digits(4, 4871)}] AS landline,
       ARRAY[(ARRAY[212, 305, 312, 415, 503, 617, 650, 702, 808, 919])[1 + n / 10 % 10]::text,
             2 + n / 100 % 8 || (ARRAY[0, 2, 3, 4, 5, 6, 8])[1 + n / 800 % 7]::text || n / 5600 % 10, {digits(4, 4871)}] AS american"""


class Loop:
    """The C++ program, which has read its numbers and waits to be told to go through them: nanoseconds of processor time
    each. `answers` are what it makes of them, empty where it finds no number."""

    def __init__(self, stack, program, numbers):
        file = stack.enter_context(tempfile.NamedTemporaryFile("w", encoding="utf-8"))
        file.write("\n".join(numbers) + "\n")
        file.flush()
        self._process = stack.enter_context(subprocess.Popen(
            [program, file.name, "AU", "US"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        self._count = len(numbers)
        self.answers = [self._line() for _ in numbers]

    def __call__(self):
        print("run", file=self._process.stdin, flush=True)
        return int(self._line()) / self._count

    def _line(self):
        line = self._process.stdout.readline()
        if not line:
            raise Unexpected(f"{self._process.args[0]} ended")
        return line.rstrip("\n")


def loops(stack, session, program):
    """By name, and the shares of numbers of which C++ and we make the same."""
    made, agreed = {}, {}
    for kind, name in LIBPHONENUMBER.items():
        # A million of the messy ones would take C++ half a minute a round.
        some = f"FROM (SELECT value FROM {kind} LIMIT 100000) AS n"
        made[name] = loop = Loop(stack, program, session.query(f"SELECT value {some}").split("\n"))
        ours = session.query(f"SELECT phone_try_normalize(value) {some}").split("\n")
        same = sum(a == b for a, b in zip(loop.answers, ours, strict=True))
        agreed[f"numbers of which libphonenumber makes the same, {name.rsplit(', ', 1)[1]}"] = f"{same / len(ours):.2%}"
    return made, agreed


def prepare(session, rows):
    """Makes the numbers, encrypts them both ways, and leaves every table at rest and in the cache. What decrypts the peer's."""
    key, mac = (f"decode('{secrets.token_hex(32)}', 'hex')" for _ in range(2))
    # OFFSET 0 keeps the planner from merging the subqueries, which would evaluate twice what is named twice.
    peer_encrypt = (
        f"encode(iv || e || hmac(iv || e, {mac}, 'sha256'), 'hex')",
        f"(SELECT iv, encrypt_iv(convert_to(value, 'UTF8'), {key}, iv, 'aes-cbc/pad:pkcs') AS e"
        " FROM (SELECT value, gen_random_bytes(16) AS iv FROM bench_e164 OFFSET 0) AS a OFFSET 0) AS b")
    peer_decrypt = (
        f"CASE WHEN hmac(substr(v, 1, length(v) - 32), {mac}, 'sha256') = substr(v, length(v) - 31)"
        f" THEN convert_from(decrypt_iv(substr(v, 17, length(v) - 48), {key}, substr(v, 1, 16),"
        " 'aes-cbc/pad:pkcs'), 'UTF8') END",
        "(SELECT decode(value, 'hex') AS v FROM bench_peer_encrypted OFFSET 0) AS a")
    sources = {name: f"{spelling} AS value FROM ({PARTS} FROM generate_series(1::bigint, {rows}) AS n) AS parts"
               for name, spelling in SPELLINGS.items()}
    sources["bench_encrypted"] = "phone_encrypt(value) AS value FROM bench_e164"
    sources["bench_peer_encrypted"] = f"{peer_encrypt[0]} AS value FROM {peer_encrypt[1]}"
    for name, source in sources.items():
        session.query(f"CREATE UNLOGGED TABLE {name} AS SELECT {source}")
        session.query(f"VACUUM (FREEZE, ANALYZE) {name}")
    return peer_encrypt, peer_decrypt


def sides(session, rows, made, peer_encrypt, peer_decrypt):
    """Nanoseconds of processor time a row above the scan, which is measured anew each time: a processor does not keep one speed
    for long. Each of ours right after its peer."""
    def side(scanned, expression, source=None):
        def cost():
            scan = session.cpu_time(f"SELECT count(value) FROM {scanned}")
            return (session.cpu_time(f"SELECT count({expression}) FROM {source or scanned}") - scan) / rows

        return cost

    return {
        MD5: side("bench_e164", "md5(value)"),
        PEER_HASH: side("bench_e164", f"encode(hmac(value, '{secrets.token_hex(32)}', 'sha256'), 'hex')"),
        HASH: side("bench_e164", "phone_hash(value)"),
        PEER_ENCRYPT: side("bench_e164", *peer_encrypt),
        ENCRYPT: side("bench_e164", "phone_encrypt(value)"),
        PEER_DECRYPT: side("bench_peer_encrypted", *peer_decrypt),
        DECRYPT: side("bench_encrypted", "phone_decrypt(value)"),
        **made,
        **{name: side(kind, "phone_normalize(value)") for kind, name in NORMALIZE.items()},
    }


def private_bytes(pid):
    """Memory that is the process's own. Linux calls pages of shared memory private too while no other process has
    looked at them, so those mappings (an s after three letters of permissions) are left out."""
    mappings = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", Path(f"/proc/{pid}/smaps").read_text(), flags=re.M)
    return 1024 * sum(int(kilobytes) for mapping in mappings if not re.match(r"\S+ [r-][w-][x-]s", mapping)
                      for kilobytes in re.findall(r"^Private_(?:Clean|Dirty): +([0-9]+)", mapping, re.M))


def first_call(sql):
    """In a new backend, while no other has a session: pages that another process has in use are not private."""
    with Session() as session:
        memory = private_bytes(session.pid)
        waited, _ = session.timed(sql)
        return {"": waited, MEMORY: private_bytes(session.pid) - memory}


def main(options):
    """Called with what bench/run gives for this part."""
    with Session() as session:
        session.query("CREATE EXTENSION phone_crypt")
        session.query("CREATE EXTENSION pgcrypto")
    say("first calls of new backends")
    first = measure({name: lambda sql=sql: first_call(sql) for name, sql in FIRST.items()}, 2 * options.rounds + 1, warm_up=False)
    with ExitStack() as stack:
        session = stack.enter_context(Session(*QUIET))
        say(f"making {options.rows:,} numbers of each kind")
        peers = prepare(session, options.rows)
        made, agreed = loops(stack, session, options.libphonenumber)
        head = facts(options, session, {"libphonenumber (C++)": package_version("libphonenumber-dev")} | agreed)
        rounds = measure(sides(session, options.rows, made, *peers), options.rounds)
    write(options, head, {"Beside peers": table(rounds, PEERS), "First call of a backend": table(first, FIRST_CALLS)})
