"""Rate limiting beside its peers."""

import json
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .conversions import PROCESSOR
from .ratelimit_peers import PgBench, Redis, Upsert
from .report import MORE, SHARE, Row, facts, measure, package_version, say, table, write
from .session import QUIET, Session, Unexpected

_SERVER = Path(__file__).parents[2] / "scripts" / "server"
# So high that no hit is denied, however fast: one hot key takes hundreds of thousands a round.
_LIMIT = "2000000000, '1 hour'"
# What has been used up once is denied for as long as the benchmark runs.
_USED_UP = "1, '1 day'"
_TABLE_ENGINE = """
shared_preload_libraries = 'phone_crypt'
phone_crypt.ratelimit_engine = 'table'
shared_buffers = 512MB
fsync = on
max_wal_size = 8GB
"""
_LIVE_KEYS = """
shared_preload_libraries = 'phone_crypt'
phone_crypt.ratelimit_engine = 'memory'
phone_crypt.ratelimit_slots = {slots}
phone_crypt.ratelimit_flush_interval = 0
shared_buffers = 256MB
autovacuum = off
"""

ALLOW, HIT = "`SELECT ratelimit_allow(…)`", "`SELECT * FROM ratelimit_hit(…)`"
SCALAR, ROW = "`SELECT 1 + :k`", "`SELECT * FROM pg_walfile_name_offset(…)`"
EMPTY_ALLOW, EMPTY_HIT = (f"an empty function with the arguments and columns of `ratelimit_{name}`" for name in ("allow", "hit"))
LOGGED = "upsert of rate-limiter-flexible: logged, synchronous commit"
UNLOGGED = "upsert of rate-limiter-flexible: UNLOGGED, asynchronous commit"
SCRIPTS = {"fixed_window": "Redis, script with INCR and EXPIRE, pipelined", "gcra": "Redis, script with GCRA, pipelined"}
ALLOWED, DENIED = "table engine, allowed", "table engine, denied"
MANY, HOT, OFF, ON = ", many in a statement", "one hot key", "no flush", "flush each second"
SQL = {
    SCALAR: "SELECT 1 + :k;",
    ALLOW: f"SELECT ratelimit_allow(:k, {_LIMIT});",
    ROW: "SELECT * FROM pg_walfile_name_offset(:lsn);",
    HIT: f"SELECT * FROM ratelimit_hit(:k, {_LIMIT});",
    # Ten milliseconds of work with the key's hit not committed yet.
    "work": f"BEGIN;\nSELECT * FROM ratelimit_hit(:k, {_LIMIT});\nSELECT pg_sleep(0.01);\nCOMMIT;",
}
WORK = {1: "hit, then 10 ms before COMMIT, one key: 1 client", 16: "the same with 16 clients"}
# A decision for each key of a table; the scan of the keys is part of it.
STATEMENTS = {name + MANY: sql for name, sql in (
    (EMPTY_ALLOW, f"SELECT count(empty_allow(key, {_LIMIT})) FROM bench_keys"),
    (ALLOW, f"SELECT count(ratelimit_allow(key, {_LIMIT})) FROM bench_keys"),
    (EMPTY_HIT, f"SELECT count(h.allowed) FROM bench_keys, LATERAL empty_hit(key, {_LIMIT}) AS h"),
    (HIT, f"SELECT count(h.allowed) FROM bench_keys, LATERAL ratelimit_hit(key, {_LIMIT}) AS h"))}
IN_A_STATEMENT = (
    *(Row(ours + MANY, shown, 5) for ours in (ALLOW, HIT) for shown in SCRIPTS.values()),
    Row(ALLOW + MANY, EMPTY_ALLOW + MANY, 300, MORE),
    Row(HIT + MANY, EMPTY_HIT + MANY, 700, MORE),
)


def built_ins(spread, more="", unit="time"):
    """The rows of ours beside built-ins, on `spread` keys and a hot one; `more` for which of the two times."""
    for flush, ours, reach, wanted in (
            (OFF, ALLOW, spread, 0.90), (OFF, HIT, spread, 0.95), (OFF, ALLOW, HOT, 0.85), (OFF, HIT, HOT, 0.85),
            (ON, ALLOW, spread, 0.75), (ON, HIT, spread, None), (ON, ALLOW, HOT, 0.85), (ON, HIT, HOT, 0.85)):
        yield Row(f"{ours}, {reach}, {flush}{more}", f"{SCALAR if ours == ALLOW else ROW}, {reach}, {flush}{more}", wanted, unit=unit)


def one_a_transaction(spread):
    """The rows with one decision a transaction or round trip."""
    yield from built_ins(spread, unit="rate")
    for store, wanted in ((LOGGED, 8), (UNLOGGED, 2)):
        for reach in (spread, HOT):
            for flush in (OFF, ON):
                yield Row(f"{HIT}, {reach}, {flush}", f"{store}, {reach}", wanted, unit="rate")
            # What no function can beat is the round trip around it.
            yield Row(f"{ROW}, {reach}, {OFF}", f"{store}, {reach}", unit="rate")
    yield from (Row(f"{DENIED}, {reach}", f"{ALLOWED}, {reach}", 10, unit="rate") for reach in (HOT, spread))
    yield Row(WORK[16], WORK[1], 10, unit="rate")


@contextmanager
def another_server(pg_config, path, conf):
    """The directory of a server's socket, for as long as it runs."""
    subprocess.run([_SERVER, "start", pg_config, path, "-"], input=conf, text=True, check=True)
    try:
        yield path
    finally:
        subprocess.run([_SERVER, "stop", path], check=True)


def prepare(session, options, keys):
    """A table of keys in random order, the same in each run, a live limit for each key that there is, and the functions
    of bench/peer/empty_functions.c."""
    session.query("CREATE EXTENSION phone_crypt")
    arguments = ('key text, "limit" bigint, "window" interval, cost bigint DEFAULT 1,'
                 " algorithm text DEFAULT 'fixed_window', burst bigint DEFAULT NULL")
    columns = (', OUT allowed boolean, OUT "limit" bigint, OUT remaining bigint, OUT reset_after interval,'
               " OUT retry_after interval, OUT reason text,"
               " OUT reset_after_seconds integer, OUT retry_after_seconds integer")
    for name, outputs, returns in (("empty_allow", "", "RETURNS boolean"), ("empty_hit", columns, "")):
        session.query(f"CREATE FUNCTION {name}({arguments}{outputs}) {returns} VOLATILE PARALLEL UNSAFE"
                      f" LANGUAGE c AS '{options.empty}', '{name}'")
    session.query("SELECT setseed(0.5)")
    session.query(f"CREATE UNLOGGED TABLE bench_keys AS SELECT (1 + floor(random() * {keys}))::integer::text AS key"
                  f" FROM generate_series(1, {options.rows})")
    session.query("VACUUM (FREEZE, ANALYZE) bench_keys")
    allow_each(session, 1, keys, _LIMIT)


def allow_each(session, first, keys, limits):
    session.query(f"SELECT count(ratelimit_allow(k::text, {limits})) FROM generate_series({first}, {first + keys - 1}) AS k")


class Flush:
    """How often the server flushes: a setting of the whole server that differs from side to side."""

    now = None

    def __init__(self, session):
        self._session = session

    def every(self, interval):
        if interval == self.now:
            return
        self._session.query(f"ALTER SYSTEM SET phone_crypt.ratelimit_flush_interval = '{interval}'")
        self._session.query("SELECT pg_reload_conf()")
        end, seen = time.monotonic() + 30, None
        while seen != interval:
            if time.monotonic() > end:
                raise Unexpected(f"the server did not take over a flush interval of {interval}")
            with Session() as fresh:
                seen = fresh.query("SHOW phone_crypt.ratelimit_flush_interval")
        # What was counted before is written now, and not while something is measured.
        self._session.query("SELECT ratelimit_flush()")
        self.now = interval


def sides(session, options, keys, stores, redis, table_host):
    """Everything that is measured once a round, in its order. `stores` are the upserts by name."""
    flush, reaches = Flush(session), {f"{keys:,} keys": keys, HOT: 1}

    def pgbench(script, interval="0"):
        def cost():
            flush.every(interval)
            return script.cost(session, options.seconds)

        return cost

    def pairs(interval, shown):
        return {f"{name}, {reach}, {shown}": pgbench(PgBench(SQL[name], number, variables=(("lsn", "0/1000000"),)), interval)
                for reach, number in reaches.items() for name in (SCALAR, ALLOW, ROW, HIT)}

    def attack(number, first, limits):
        sql = f"SELECT * FROM ratelimit_hit(:k, {limits});"
        return pgbench(PgBench(sql, number, first, environment=(("PGHOST", table_host),)))

    made = pairs("0", OFF)
    made |= {f"{name}, {reach}": pgbench(store.script(number))
             for name, store in stores.items() for reach, number in reaches.items()}
    made |= {shown: lambda script=script: redis.pipelined(script, options.rows) for script, shown in SCRIPTS.items()}
    made |= {name: lambda sql=sql: session.cpu_time(sql) / options.rows for name, sql in STATEMENTS.items()}
    made |= {shown: pgbench(PgBench(SQL["work"], first=keys + 1, clients=clients)) for clients, shown in WORK.items()}
    made |= pairs("1s", ON)
    for reach, number in reaches.items():
        made[f"{ALLOWED}, {reach}"] = attack(number, 1, _LIMIT)
        made[f"{DENIED}, {reach}"] = attack(number, keys + 1, _USED_UP)
    return made


def live_keys(options, directory):
    """The table of the cost against the number of live keys: a server for each number, all up at once and measured in
    turn, each beside the one with the fewest."""
    numbers = [options.rows // part for part in (1000, 100, 10, 1)]
    conf = _LIVE_KEYS.format(slots=max(2 * options.rows, 4096))
    one, many = HIT, f"the same{MANY}, above an empty function"
    with ExitStack() as stack:
        def side(keys):
            host = stack.enter_context(another_server(options.pg_config, f"{directory}/{keys}", conf))
            session = stack.enter_context(Session(*QUIET, host=host))
            prepare(session, options, keys)
            script = PgBench(SQL[HIT], keys, environment=(("PGHOST", host),))
            return {f"{one}, {keys:,} live keys": lambda: script.cost(session, options.seconds),
                    f"{many}, {keys:,} live keys": lambda: (
                        session.cpu_time(STATEMENTS[HIT + MANY]) - session.cpu_time(STATEMENTS[EMPTY_HIT + MANY])) / options.rows}

        made = {name: cost for keys in numbers for name, cost in side(keys).items()}
        say(f"servers with {', '.join(f'{keys:,}' for keys in numbers)} live keys are up")
        rounds = measure(made, options.rounds)
    # Within so much of the cost with the fewest keys, it counts as flat.
    fewest, *others = (f"{keys:,} live keys" for keys in numbers)
    return table(rounds, [Row(f"{name}, {keys}", f"{name}, {fewest}", 1.2, SHARE) for name in (one, many) for keys in others])


@contextmanager
def server_directory():
    """Where servers can be put: their user passes through it."""
    with tempfile.TemporaryDirectory(prefix="phone_crypt.", dir="/tmp") as path:
        Path(path).chmod(0o711)
        yield path


def main(options):
    """Called with what bench/run gives for this part. There are a tenth as many keys as rows."""
    keys = options.rows // 10
    spread = f"{keys:,} keys"
    with ExitStack() as stack:
        directory = stack.enter_context(server_directory())
        session = stack.enter_context(Session(*QUIET))
        say("preparing keys and peers")
        prepare(session, options, keys)
        stores = {name: Upsert(session, options.package, name == LOGGED, keys) for name in (LOGGED, UNLOGGED)}
        # The table engine on a server of its own, since the memory engine would read the same table into its slots.
        host = stack.enter_context(another_server(options.pg_config, f"{directory}/table", _TABLE_ENGINE))
        with Session(host=host) as other:
            other.query("CREATE EXTENSION phone_crypt")
            allow_each(other, 1, keys, _LIMIT)
            allow_each(other, keys + 1, keys, _USED_UP)
            other.query("VACUUM ANALYZE phone_crypt.rate_limits")
        package = json.loads((Path(options.package) / "package.json").read_text(encoding="utf-8"))
        head = facts(options, session, {
            "each throughput": f"{options.seconds} s",
            "slots": session.query("SHOW phone_crypt.ratelimit_slots"),
            "Redis": package_version("redis-server"),
            "rate-limiter-flexible": package["version"]})
        with tempfile.TemporaryDirectory() as private, Redis.started(private, keys) as redis:
            rounds = measure(sides(session, options, keys, stores, redis, host), options.rounds)
        write(options, head, {
            "One decision a transaction": table(rounds, one_a_transaction(spread)),
            "One decision a transaction, in processor time of server and client": table(rounds, built_ins(spread, PROCESSOR)),
            "Many decisions in one statement": table(rounds, IN_A_STATEMENT),
            "Against the number of live keys": live_keys(options, directory),
        })
