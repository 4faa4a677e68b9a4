"""The audit log: what recording reads costs, in bulk and one by one."""

from .report import SHARE, Row, measure_and_write
from .session import cpu_nanoseconds

# So many statements a side, each a transaction of its own.
_CALLS = 20_000

BULK, SINGLE = "`phone_decrypt` of a table, a row", "`phone_decrypt` alone, a transaction each"
RECORDED, WAITED = ", reads recorded", ", what the client waits"
READS = (
    Row(BULK + RECORDED, BULK, 1.03, SHARE),
    Row(SINGLE + RECORDED, SINGLE, None, SHARE),
    Row(SINGLE + RECORDED + WAITED, SINGLE + WAITED, 1.1, SHARE),
)


def prepare(session, options):
    """A table of values."""
    session.query("CREATE TABLE numbers AS SELECT phone_encrypt('+6140' || lpad(n::text, 7, '0')) AS value"
                  f" FROM generate_series(1, {options.rows}) AS n")
    session.query("VACUUM ANALYZE numbers")


def sides(session, options):
    """Nanoseconds for one value: the backend's processor time, and what the client waits."""
    value = session.query("SELECT value FROM numbers LIMIT 1")
    loop = f"DO $$ BEGIN FOR i IN 1 .. {_CALLS} LOOP PERFORM phone_decrypt('{value}'); COMMIT; END LOOP; END $$"

    def bulk(classes):
        session.query(f"SET phone_crypt.audit = '{classes}'")
        return session.cpu_time("SELECT count(phone_decrypt(value)) FROM numbers") / options.rows

    def single(classes):
        session.query(f"SET phone_crypt.audit = '{classes}'")
        start = cpu_nanoseconds(session.pid)
        waited, _ = session.timed(loop)
        return {"": (cpu_nanoseconds(session.pid) - start) / _CALLS, WAITED: waited / _CALLS}

    return {name + more: lambda side=side, classes=classes: side(classes)
            for name, side in ((BULK, bulk), (SINGLE, single)) for more, classes in (("", "none"), (RECORDED, "read"))}


def main(options):
    """Called with what bench/run gives for this part."""
    measure_and_write(options, prepare, sides, {"Reads": READS})
