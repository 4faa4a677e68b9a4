"""The table engine under attack: denied hits beside allowed ones, on a server of their own, since the memory
engine would read the same table into its slots."""

from .ratelimit_pgbench import Script
from .ratelimit_setup import FIXED_WINDOW, KEYS

CONF = """
shared_preload_libraries = 'phone_crypt'
phone_crypt.ratelimit_engine = 'table'
shared_buffers = 512MB
fsync = on
max_wal_size = 8GB
"""

# What has been used up once is denied for as long as the benchmark runs.
_USED_UP = "1, '1 day'"
_FIRST_ALLOWED, _FIRST_DENIED = 1, KEYS + 1


def prepare(session):
    """Every key has a row; those to be denied have had their one hit."""
    session.query("CREATE EXTENSION phone_crypt")
    for first, limits in ((_FIRST_ALLOWED, FIXED_WINDOW), (_FIRST_DENIED, _USED_UP)):
        session.query(f"SELECT count(ratelimit_allow(k::text, {limits}))"
                      f" FROM generate_series({first}, {first + KEYS - 1}) AS k")
    session.query("VACUUM ANALYZE phone_crypt.rate_limits")


def sides(host):
    """By name."""
    made = {}
    for reach, keys in (("hot", 1), ("spread", KEYS)):
        for kind, first, limits in (("allowed", _FIRST_ALLOWED, FIXED_WINDOW), ("denied", _FIRST_DENIED, _USED_UP)):
            made[f"{kind} {reach}"] = Script(f"SELECT * FROM ratelimit_hit(:k, {limits});", keys=keys, first=first,
                                             environment=(("PGHOST", host),))
    return made
