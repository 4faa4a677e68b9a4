"""The sending guard at scale: checks among a million numbers, and a list of ten million that must not be sent to."""

import time

from .report import ALONE, Row, table
from .session import QUIET, Session

# Of the rows asked for, one in so many is a number that is sent to; so many of those share a block of 1,000.
_ACTIVE, _BLOCK = 10, 10
# Look-ups that are measured.
_LOOKUPS = 200_000


def checks(session, count):
    """A check of each of so many numbers, twice: first all keys are new. Nanoseconds of processor time."""
    session.query("SELECT phone_send_policy_set('large', regions => '{+61}', refuse_invalid => false, per_number => '{100/hour}',"
                  " per_block_1000 => '{1000000/hour}', per_block_10000 => '{1000000/hour}', per_region => '{1000000000/day}')")
    session.query("CREATE TABLE active AS"
                  f" SELECT '+614' || lpad((i / {_BLOCK})::text, 5, '0') || lpad((i % {_BLOCK} * 97)::text, 3, '0') AS number"
                  f"  FROM generate_series(0, {count - 1}) AS i ORDER BY random()")
    session.query("VACUUM ANALYZE active")
    check = "SELECT count(*) FILTER (WHERE s.allowed) FROM active, LATERAL phone_send_check(number, 'large') AS s"
    return {f"a check of {count:,} numbers, {which}": session.cpu_time(check, count) / count
            for which in ("each for the first time", "each once more")}


def suppressions(session, count):
    """The import of so many numbers, by the clock and in processor time; the filter; look-ups."""
    figures, known = {}, min(count, _LOOKUPS)
    for name, sql in (
            ("registry", f"'+1212' || lpad(i::text, 7, '0') AS number FROM generate_series(0, {count - 1}) AS i ORDER BY random()"),
            ("others", f"'+1646' || lpad((i * 49)::text, 7, '0') AS number FROM generate_series(1, {_LOOKUPS}) AS i"),
            ("listed", f"number FROM registry LIMIT {known}")):
        session.query(f"CREATE TABLE {name} AS SELECT {sql}")
        session.query(f"VACUUM ANALYZE {name}")
    start = time.monotonic_ns()
    spent = session.cpu_time("CALL phone_suppress_import('registry', 'number', 'registry')")
    figures["import, a number"] = (time.monotonic_ns() - start) / count
    figures["import, a number, processor time"] = spent / count
    start = time.monotonic_ns()
    session.query("SELECT phone_suppressed('+61401148075')")
    while session.query("SELECT state FROM phone_crypt.suppression_filter") != "complete":
        time.sleep(0.2)
    figures["filling the filter"] = time.monotonic_ns() - start
    for name, looked, expected in (("others", _LOOKUPS, 0), ("listed", known, known)):
        spent = session.cpu_time(f"SELECT count(*) FILTER (WHERE phone_suppressed(number)) FROM {name}", expected)
        scan = session.cpu_time(f"SELECT count(*) FILTER (WHERE number > '') FROM {name}")
        figures[f"a look-up of {name}, processor time"] = (spent - scan) / looked
    return figures


def main(options):
    """Called with what bench/run gives for this part. Prints what it finds, to be written down by hand."""
    with Session(*QUIET) as session:
        session.query("CREATE EXTENSION phone_crypt")
        figures = checks(session, options.rows // _ACTIVE) | suppressions(session, options.rows)
        print(table([figures], [Row(name, kind=ALONE) for name in figures]))
        print(session.query("SELECT 'slots in use: ' || slots_in_use FROM phone_crypt.ratelimit_stats"))
        print(session.query("SELECT 'false alarms: ' || false_alarms FROM phone_crypt.suppression_filter"))
        print(session.query("SELECT 'the table: ' || pg_size_pretty(pg_table_size(c)) || ', index: ' || pg_size_pretty(pg_indexes_size(c))"
                            "  FROM CAST('phone_crypt.suppressed_phones' AS regclass) AS c"))
