"""The audit log: what recording reads costs, in bulk and one by one."""

from .conversions import PROCESSOR
from .ratelimit_peers import PgBench
from .report import SHARE, Row, measure_and_write

# So many statements a side, each a transaction of its own.
_CALLS = 20_000

BULK, SINGLE = "`phone_decrypt` of a table, a row", "`phone_decrypt` alone, a transaction each, in a procedure"
CLIENTS = "`phone_decrypt` alone, by two clients"
RECORDED = ", reads recorded"
READS = (
    Row(BULK + RECORDED, BULK, 1.03, SHARE),
    Row(CLIENTS + RECORDED, CLIENTS, 1.1, SHARE),
    Row(CLIENTS + RECORDED + PROCESSOR, CLIENTS + PROCESSOR, None, SHARE),
    Row(SINGLE + RECORDED, SINGLE, None, SHARE),
)


def prepare(session, options):
    """A table of values."""
    session.query("CREATE TABLE numbers AS SELECT phone_encrypt('+6140' || lpad(n::text, 7, '0')) AS value"
                  f" FROM generate_series(1, {options.rows}) AS n")
    session.query("VACUUM ANALYZE numbers")


def sides(session, options):
    """Nanoseconds for one value: of the backend's processor time; for clients, from one to the next, and processor time of the
    server and of them."""
    value = session.query("SELECT value FROM numbers LIMIT 1")
    call = f"phone_decrypt('{value}')"
    loop = f"DO $$ BEGIN FOR i IN 1 .. {_CALLS} LOOP PERFORM {call}; COMMIT; END LOOP; END $$"

    def in_session(statement, calls):
        def cost(classes):
            session.query(f"SET phone_crypt.audit = '{classes}'")
            return session.cpu_time(statement) / calls

        return cost

    def by_clients(classes):
        options_of_session = ("PGOPTIONS", f"-c phone_crypt.audit={classes}")
        return PgBench(f"SELECT {call};", clients=2, environment=(options_of_session,)).cost(session, options.seconds)

    made = {BULK: in_session("SELECT count(phone_decrypt(value)) FROM numbers", options.rows), CLIENTS: by_clients,
            SINGLE: in_session(loop, _CALLS)}
    return {name + more: lambda side=side, classes=classes: side(classes)
            for name, side in made.items() for more, classes in (("", "none"), (RECORDED, "read"))}


def main(options):
    """Called with what bench/run gives for this part."""
    measure_and_write(options, prepare, sides, {"Reads": READS})
