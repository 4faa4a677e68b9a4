"""Everything that is measured once a round on the first server, in its order."""

from . import ratelimit_statements
from .ratelimit_pgbench import hot, spread
from .ratelimit_redis import Pipelined, RoundTrips
from .ratelimit_setup import FIXED_WINDOW, FLUSH_OFF, FLUSH_ON, KEYS, TABLE_ENGINE, USED_UP, Under

ALLOW = f"SELECT ratelimit_allow(:k, {FIXED_WINDOW});"
HIT = f"SELECT * FROM ratelimit_hit(:k, {FIXED_WINDOW});"
_DENIED = f"SELECT * FROM ratelimit_hit(:k, {USED_UP});"
_SCALAR = "SELECT 1 + :k;"
_ROW = "SELECT * FROM pg_walfile_name_offset(:lsn);"
# Ten milliseconds of work with the key's hit not committed yet.
_WORK = f"BEGIN;\nSELECT * FROM ratelimit_hit(:k, {FIXED_WINDOW});\nSELECT pg_sleep(0.01);\nCOMMIT;"

# Keys of their own for what must not meet what others have counted.
_ALLOWED_KEYS, _DENIED_KEYS, _WORK_KEY = KEYS + 1, 2 * KEYS + 1, 3 * KEYS + 1


def _pairs(settings, flush):
    """The functions, each right after its peer, under one setting of the flush."""
    lsn = (("lsn", "0/1000000"),)
    for reach, where in (("spread", spread), ("hot", hot)):
        yield f"scalar {reach} {flush}", Under(settings, where(_SCALAR))
        yield f"allow {reach} {flush}", Under(settings, where(ALLOW))
        yield f"row {reach} {flush}", Under(settings, where(_ROW, variables=lsn))
        yield f"hit {reach} {flush}", Under(settings, where(HIT))


def _upserts(stores):
    for name, store in stores.items():
        for reach, keys in (("spread", KEYS), ("hot", 1)):
            yield f"upsert {name} {reach}", Under(FLUSH_OFF, store.script(keys))


def _redis(redis, scripts):
    for name, call in scripts.items():
        yield f"redis {name}", RoundTrips(redis, call)
        yield f"redis {name} pipelined", Pipelined(redis, call)


def _table_engine():
    for reach, where in (("hot", hot), ("spread", spread)):
        yield f"allowed {reach}", Under(TABLE_ENGINE, where(HIT, first=_ALLOWED_KEYS))
        yield f"denied {reach}", Under(TABLE_ENGINE, where(_DENIED, first=_DENIED_KEYS))


def _convoy():
    for clients in (1, 16):
        yield f"work {clients}", Under(FLUSH_OFF, hot(_WORK, first=_WORK_KEY, clients=clients))


def sides(stores, redis, scripts):
    """By name. `stores` are the upsert's, by name; `scripts` the Redis calls, by name."""
    statements = {name: Under(FLUSH_OFF, side) for name, side in ratelimit_statements.sides().items()}
    return {
        **dict(_pairs(FLUSH_OFF, "off")),
        **dict(_upserts(stores)),
        **dict(_redis(redis, scripts)),
        **statements,
        **dict(_convoy()),
        **dict(_pairs(FLUSH_ON, "on")),
        **dict(_table_engine()),
    }


def use_up(session):
    """Fills the table engine's keys: allowed ones are live, denied ones have had their one hit."""
    for first, limits in ((_ALLOWED_KEYS, FIXED_WINDOW), (_DENIED_KEYS, USED_UP)):
        session.query(f"SELECT count(ratelimit_allow(k::text, {limits}))"
                      f" FROM generate_series({first}, {first + KEYS - 1}) AS k")
    session.query("VACUUM ANALYZE phone_crypt.rate_limits")
