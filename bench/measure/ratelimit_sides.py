"""Everything that is measured once a round, in its order."""

from . import ratelimit_statements, ratelimit_table_engine
from .ratelimit_pgbench import hot, spread
from .ratelimit_redis import Pipelined, RoundTrips
from .ratelimit_setup import FIXED_WINDOW, FLUSH_OFF, FLUSH_ON, KEYS, Flushed, ProcessorOfLast

ALLOW = f"SELECT ratelimit_allow(:k, {FIXED_WINDOW});"
HIT = f"SELECT * FROM ratelimit_hit(:k, {FIXED_WINDOW});"
_SCALAR = "SELECT 1 + :k;"
_ROW = "SELECT * FROM pg_walfile_name_offset(:lsn);"
# Ten milliseconds of work with the key's hit not committed yet.
_WORK = f"BEGIN;\nSELECT * FROM ratelimit_hit(:k, {FIXED_WINDOW});\nSELECT pg_sleep(0.01);\nCOMMIT;"

_WORK_KEY = KEYS + 1


def _with_processor(name, interval, script):
    yield name, Flushed(interval, script)
    yield f"{name} processor", ProcessorOfLast()


def _pairs(interval, flush):
    """The functions, each right after its peer, under one setting of the flush."""
    lsn = (("lsn", "0/1000000"),)
    for reach, where in (("spread", spread), ("hot", hot)):
        scripts = {"scalar": where(_SCALAR), "allow": where(ALLOW),
                   "row": where(_ROW, variables=lsn), "hit": where(HIT)}
        for kind, script in scripts.items():
            yield from _with_processor(f"{kind} {reach} {flush}", interval, script)


def _floor():
    """What the shape of the functions costs by itself."""
    for function, sql in (("allow", ALLOW), ("hit", HIT)):
        empty = spread(sql.replace(f"ratelimit_{function}", f"empty_{function}"))
        yield from _with_processor(f"empty_{function} transaction", FLUSH_OFF, empty)


def _upserts(stores):
    for name, store in stores.items():
        for reach, keys in (("spread", KEYS), ("hot", 1)):
            yield f"upsert {name} {reach}", Flushed(FLUSH_OFF, store.script(keys))


def _redis(redis, scripts):
    for name, call in scripts.items():
        yield f"redis {name}", RoundTrips(redis, call)
        yield f"redis {name} pipelined", Pipelined(redis, call)


def _convoy():
    for clients in (1, 16):
        yield f"work {clients}", Flushed(FLUSH_OFF, hot(_WORK, first=_WORK_KEY, clients=clients))


def sides(stores, redis, scripts, table_host):
    """By name. `stores` are the upsert's, by name; `scripts` the Redis calls, by name; `table_host` is the server
    with the table engine."""
    statements = {name: Flushed(FLUSH_OFF, side) for name, side in ratelimit_statements.sides().items()}
    return {
        **dict(_pairs(FLUSH_OFF, "off")),
        **dict(_floor()),
        **dict(_upserts(stores)),
        **dict(_redis(redis, scripts)),
        **statements,
        **dict(_convoy()),
        **dict(_pairs(FLUSH_ON, "on")),
        **ratelimit_table_engine.sides(table_host),
    }
