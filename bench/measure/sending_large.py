"""The sending guard at scale: a check among a million numbers, and a list of ten million that must not be sent to."""

import time

from .rounds import say
from .session import Session

# Of the rows asked for, so many are numbers that are sent to, ten of which share a block of 1,000.
_ACTIVE = 10
_A_BLOCK = 10
# Look-ups that are measured.
_LOOKUPS = 200_000


class Unexpected(Exception):
    """What would be measured is not what is meant."""


def main(options):
    """Called with what bench/run gives for this part. Prints what it finds."""
    with Session("jit = off", "max_parallel_workers_per_gather = 0") as session:
        session.query("CREATE EXTENSION phone_crypt")
        checks(session, options.rows // _ACTIVE)
        suppressions(session, options.rows)


def checks(session, count):
    """A check of each of so many numbers, twice: first all keys are new."""
    query = session.query
    query("SELECT phone_send_policy_set('large', regions => '{+61}', refuse_invalid => false, per_number => '{100/hour}', per_block_1000 => '{1000000/hour}',"
          " per_block_10000 => '{1000000/hour}', per_region => '{1000000000/day}')")
    query("CREATE TABLE active AS"
          f" SELECT '+614' || lpad((i / {_A_BLOCK})::text, 5, '0') || lpad((i % {_A_BLOCK} * 97)::text, 3, '0') AS number"
          f"  FROM generate_series(0, {count - 1}) AS i ORDER BY random()")
    query("VACUUM ANALYZE active")
    check = "SELECT count(*) FILTER (WHERE s.allowed) FROM active, LATERAL phone_send_check(number, 'large') AS s"
    for name in ["each for the first time", "each once more"]:
        spent = session.cpu_time(check) / count
        say(f"  {count:,} numbers in {count // _A_BLOCK:,} blocks, {name}: {spent / 1000:.1f} µs of processor a check")
    refused = query("SELECT sum(decisions) FILTER (WHERE NOT allowed) FROM phone_crypt.send_decisions")
    if refused not in ("", "0"):
        raise Unexpected(f"{refused} were refused")
    say(f"  slots in use: {query('SELECT slots_in_use FROM phone_crypt.ratelimit_stats')}")


def suppressions(session, count):
    """The import of so many numbers; the filter; look-ups."""
    query = session.query
    query("CREATE TABLE registry AS SELECT '+1212' || lpad(i::text, 7, '0') AS number FROM generate_series(0, "
          f"{count - 1}) AS i ORDER BY random()")
    query("VACUUM ANALYZE registry")
    start = time.monotonic()
    spent = session.cpu_time("CALL phone_suppress_import('registry', 'number', 'registry')")
    say(f"  import of {count:,} numbers: {time.monotonic() - start:.0f} s, {spent / 1e9:.0f} s of processor,"
        f" {spent / count / 1000:.1f} µs a number")
    size = query("SELECT pg_size_pretty(pg_table_size(c)) || ' and an index of ' || pg_size_pretty(pg_indexes_size(c))"
                 " FROM CAST('phone_crypt.suppressed_phones' AS regclass) AS c")
    say(f"  the table: {size}")
    start = time.monotonic()
    query("SELECT phone_suppressed('+61401148075')")
    while query("SELECT state FROM phone_crypt.suppression_filter") != "complete":
        time.sleep(0.2)
    alarms = float(query("SELECT false_alarms FROM phone_crypt.suppression_filter"))
    say(f"  the filter is filled after {time.monotonic() - start:.0f} s; false alarms: one in {1 / alarms:.0f}")
    query(f"CREATE TABLE others AS SELECT '+1646' || lpad((i * 49)::text, 7, '0') AS number FROM generate_series(1, {_LOOKUPS}) AS i")
    known = min(count, _LOOKUPS)
    query(f"CREATE TABLE listed AS SELECT number FROM registry LIMIT {known}")
    query("VACUUM ANALYZE others, listed")
    for table, looked, expected in [("others", _LOOKUPS, 0), ("listed", known, known)]:
        lookup = f"SELECT count(*) FILTER (WHERE phone_suppressed(number)) FROM {table}"
        if query(lookup) != str(expected):
            raise Unexpected(table)
        spent = session.cpu_time(lookup) - session.cpu_time(f"SELECT count(*) FILTER (WHERE number > '') FROM {table}")
        say(f"  a look-up of numbers that are {'on the list' if expected else 'not on it'}: {spent / looked / 1000:.2f} µs of processor")
