"""Rate limiting beside its peers."""

import json
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .conversions import PROCESSOR
from .ratelimit_peers import PgBench, Redis, Upsert
from .report import MORE, SHARE, Row, facts, package_version, table, write
from .rounds import measure, say
from .session import Session

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
EMPTY_ALLOW, EMPTY_HIT = (f"an empty function with the arguments and columns of `ratelimit_{name}`"
                          for name in ("allow", "hit"))
LOGGED = "upsert of rate-limiter-flexible: logged, synchronous commit"
UNLOGGED = "upsert of rate-limiter-flexible: UNLOGGED, asynchronous commit"
SCRIPTS = {"fixed_window": "Redis, script with INCR and EXPIRE", "gcra": "Redis, script with GCRA"}
ALLOWED, DENIED = "table engine, allowed", "table engine, denied"
MANY, PIPELINED = ", many in a statement", ", pipelined"
HOT, OFF, ON = "one hot key", "no flush", "flush each second"
SQL = {
    SCALAR: "SELECT 1 + :k;",
    ALLOW: f"SELECT ratelimit_allow(:k, {_LIMIT});",
    ROW: "SELECT * FROM pg_walfile_name_offset(:lsn);",
    HIT: f"SELECT * FROM ratelimit_hit(:k, {_LIMIT});",
    EMPTY_ALLOW: f"SELECT empty_allow(:k, {_LIMIT});",
    EMPTY_HIT: f"SELECT * FROM empty_hit(:k, {_LIMIT});",
    # Ten milliseconds of work with the key's hit not committed yet.
    "work": f"BEGIN;\nSELECT * FROM ratelimit_hit(:k, {_LIMIT});\nSELECT pg_sleep(0.01);\nCOMMIT;",
}
WORK = {1: "hit, then 10 ms before COMMIT, one key: 1 client", 16: "the same with 16 clients"}


def built_ins(spread):
    """Ours beside built-ins, on `spread` keys and a hot one: (ours, peer, what is wanted)."""
    for flush, ours, reach, wanted in (
            (OFF, ALLOW, spread, 0.90), (OFF, HIT, spread, 0.95), (OFF, ALLOW, HOT, 0.85), (OFF, HIT, HOT, 0.85),
            (ON, ALLOW, spread, 0.75), (ON, HIT, spread, None), (ON, ALLOW, HOT, 0.85), (ON, HIT, HOT, 0.85)):
        yield f"{ours}, {reach}, {flush}", f"{SCALAR if ours == ALLOW else ROW}, {reach}, {flush}", wanted
    yield EMPTY_ALLOW, f"{SCALAR}, {spread}, {OFF}", None
    yield EMPTY_HIT, f"{ROW}, {spread}, {OFF}", None


def one_a_transaction(spread):
    """The rows with one decision a transaction or round trip."""
    yield from (Row(*row, unit="rate") for row in built_ins(spread))
    for store, wanted in ((LOGGED, 8), (UNLOGGED, 2)):
        for reach in (spread, HOT):
            for flush in (OFF, ON):
                yield Row(f"{HIT}, {reach}, {flush}", f"{store}, {reach}", wanted, unit="rate")
            # What no function can beat is the round trip around it.
            yield Row(f"{ROW}, {reach}, {OFF}", f"{store}, {reach}", unit="rate")
    for flush in (OFF, ON):
        yield from (Row(f"{HIT}, {spread}, {flush}", shown, unit="rate") for shown in SCRIPTS.values())
    yield from (Row(f"{DENIED}, {reach}", f"{ALLOWED}, {reach}", 10, unit="rate") for reach in (HOT, spread))
    yield Row(WORK[16], WORK[1], 10, unit="rate")


IN_A_STATEMENT = (
    *(Row(ours + MANY, shown + PIPELINED, 5) for ours in (ALLOW, HIT) for shown in SCRIPTS.values()),
    Row(ALLOW + MANY, EMPTY_ALLOW + MANY, 300, MORE),
    Row(HIT + MANY, EMPTY_HIT + MANY, 700, MORE),
)


@contextmanager
def another_server(pg_config, path, conf):
    """The directory of a server's socket, for as long as it runs."""
    subprocess.run([_SERVER, "start", pg_config, path, "-"], input=conf, text=True, check=True)
    try:
        yield path
    finally:
        subprocess.run([_SERVER, "stop", path], check=True)


def statement(function):
    """A decision for each key of a table; the scan of the keys is part of it."""
    call = f"{function}(key, {_LIMIT})"
    if function.endswith("allow"):
        return f"SELECT count({call}) FROM bench_keys"
    return f"SELECT count(h.allowed) FROM bench_keys, LATERAL {call} AS h"


def prepare(session, options, keys):
    """A table of keys in random order, the same in each run, a live limit for each key that there is, and the functions
    of bench/peer/empty_functions.c."""
    session.query("CREATE EXTENSION phone_crypt")
    arguments = ('key text, "limit" bigint, "window" interval, cost bigint DEFAULT 1,'
                 " algorithm text DEFAULT 'fixed_window', burst bigint DEFAULT NULL")
    columns = ('OUT allowed boolean, OUT "limit" bigint, OUT remaining bigint, OUT reset_after interval,'
               " OUT retry_after interval, OUT reason text,"
               " OUT reset_after_seconds integer, OUT retry_after_seconds integer")
    for name, outputs, returns in (("empty_allow", "", "RETURNS boolean"), ("empty_hit", f", {columns}", "")):
        session.query(f"CREATE FUNCTION {name}({arguments}{outputs}) {returns} VOLATILE PARALLEL UNSAFE"
                      f" LANGUAGE c AS '{options.empty}', '{name}'")
    session.query("SELECT setseed(0.5)")
    session.query(f"CREATE UNLOGGED TABLE bench_keys AS SELECT (1 + floor(random() * {keys}))::integer::text AS key"
                  f" FROM generate_series(1, {options.rows})")
    session.query("VACUUM (FREEZE, ANALYZE) bench_keys")
    allow_each(session, 1, keys, _LIMIT)


def allow_each(session, first, keys, limits):
    session.query(f"SELECT count(ratelimit_allow(k::text, {limits}))"
                  f" FROM generate_series({first}, {first + keys - 1}) AS k")


class Flush:
    """How often the server flushes: a setting of the whole server that differs from side to side."""

    def __init__(self, session):
        self._session, self._now = session, None

    def every(self, interval, cost):
        """A side that is measured so."""
        def side():
            if interval != self._now:
                self._use(interval)
            return cost()

        return side

    def _use(self, interval):
        self._session.query(f"ALTER SYSTEM SET phone_crypt.ratelimit_flush_interval = '{interval}'")
        self._session.query("SELECT pg_reload_conf()")
        end, seen = time.monotonic() + 30, None
        while seen != interval:
            if time.monotonic() > end:
                raise RuntimeError(f"the server did not take over a flush interval of {interval}")
            with Session() as fresh:
                seen = fresh.query("SHOW phone_crypt.ratelimit_flush_interval")
        # What was counted before is written now, and not while something is measured.
        self._session.query("SELECT ratelimit_flush()")
        self._now = interval


def sides(session, options, keys, stores, redis, table_host):
    """Everything that is measured once a round, in its order. `stores` are the upserts by name."""
    flush, spread = Flush(session), f"{keys:,} keys"
    reaches = {spread: keys, HOT: 1}

    def pgbench(script, interval="0"):
        return flush.every(interval, lambda: script.cost(session, options.seconds))

    def pairs(interval, shown):
        lsn = (("lsn", "0/1000000"),)
        return {f"{name}, {reach}, {shown}": pgbench(PgBench(SQL[name], number, variables=lsn), interval)
                for reach, number in reaches.items() for name in (SCALAR, ALLOW, ROW, HIT)}

    def attack(reach, first, limits):
        sql = f"SELECT * FROM ratelimit_hit(:k, {limits});"
        return pgbench(PgBench(sql, reaches[reach], first, environment=(("PGHOST", table_host),)))

    made = pairs("0", OFF)
    made |= {name: pgbench(PgBench(SQL[name], keys)) for name in (EMPTY_ALLOW, EMPTY_HIT)}
    made |= {f"{name}, {reach}": pgbench(store.script(number))
             for name, store in stores.items() for reach, number in reaches.items()}
    for script, shown in SCRIPTS.items():
        call = redis.script(script)
        made[shown] = lambda call=call: redis.round_trips(call, options.seconds)
        made[shown + PIPELINED] = lambda call=call: redis.pipelined(call, options.rows)
    for shown, function in ((EMPTY_ALLOW, "empty_allow"), (ALLOW, "ratelimit_allow"), (EMPTY_HIT, "empty_hit"),
                            (HIT, "ratelimit_hit")):
        sql = statement(function)
        made[shown + MANY] = flush.every("0", lambda sql=sql: session.cpu_time(sql) / options.rows)
    made |= {shown: pgbench(PgBench(SQL["work"], first=keys + 1, clients=clients)) for clients, shown in WORK.items()}
    made |= pairs("1s", ON)
    for reach in (HOT, spread):
        made[f"{ALLOWED}, {reach}"] = attack(reach, 1, _LIMIT)
        made[f"{DENIED}, {reach}"] = attack(reach, keys + 1, _USED_UP)
    return made


def live_keys(options):
    """The table of the cost against the number of live keys: a server for each number, all up at once and measured in
    turn, each beside the one with the fewest."""
    numbers = [options.rows // part for part in (1000, 100, 10, 1)]
    conf = _LIVE_KEYS.format(slots=max(2 * options.rows, 4096))
    with ExitStack() as stack:
        directory = stack.enter_context(server_directory())
        made = {}
        for keys in numbers:
            host = stack.enter_context(another_server(options.pg_config, f"{directory}/{keys}", conf))
            session = stack.enter_context(Session("jit = off", host=host))
            prepare(session, options, keys)
            script = PgBench(SQL[HIT], keys, environment=(("PGHOST", host),))
            made[f"{HIT}, {keys:,} live keys"] = (
                lambda session=session, script=script: script.cost(session, options.seconds))
            made[f"the same{MANY}, above an empty function, {keys:,} live keys"] = lambda session=session: (
                session.cpu_time(statement("ratelimit_hit")) - session.cpu_time(statement("empty_hit"))) / options.rows
        say(f"servers with {', '.join(f'{keys:,}' for keys in numbers)} live keys are up")
        rounds = measure(made, options.rounds)
    names, fewest = list(made), f"{numbers[0]:,} live keys"
    # Within so much of the cost with the fewest keys, it counts as flat.
    return table(rounds, [Row(name, names[index % 2], 1.2, SHARE)
                          for index, name in sorted(enumerate(names), key=lambda item: item[0] % 2)
                          if not name.endswith(f", {fewest}")])


@contextmanager
def server_directory():
    """Where servers can be put: their user passes through it."""
    with tempfile.TemporaryDirectory(prefix="phone_crypt.", dir="/tmp") as path:
        Path(path).chmod(0o711)
        yield path


def main(options):
    """Called with what bench/run gives for this part. There are a tenth as many keys as rows."""
    keys = options.rows // 10
    with ExitStack() as stack:
        session = stack.enter_context(Session("jit = off", "max_parallel_workers_per_gather = 0"))
        say("preparing keys and peers")
        prepare(session, options, keys)
        stores = {name: Upsert(session, options.package, name == LOGGED, keys) for name in (LOGGED, UNLOGGED)}
        redis = stack.enter_context(Redis(stack.enter_context(tempfile.TemporaryDirectory()), keys))
        # The table engine on a server of its own, since the memory engine would read the same table into its slots.
        directory = stack.enter_context(server_directory())
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
        rounds = measure(sides(session, options, keys, stores, redis, host), options.rounds)
    processor = [Row(ours + PROCESSOR, peer + PROCESSOR, wanted) for ours, peer, wanted in built_ins(f"{keys:,} keys")]
    write(options, head, {
        "One decision a transaction": table(rounds, one_a_transaction(f"{keys:,} keys")),
        "One decision a transaction, in processor time of server and client": table(rounds, processor),
        "Many decisions in one statement": table(rounds, IN_A_STATEMENT),
        "Against the number of live keys": live_keys(options),
    })
