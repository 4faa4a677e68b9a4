"""The audit log: what recording reads costs, in bulk and one by one."""

from .report import SHARE, Row, facts, table, write
from .rounds import measure, say
from .session import Session, cpu_nanoseconds

# So many statements a side, each a transaction of its own.
_CALLS = 20_000

BULK, BULK_AUDITED = "`phone_decrypt` of a table, a row", "the same, reads recorded"
SINGLE, SINGLE_AUDITED = "`phone_decrypt` alone, a transaction each", "alone, reads recorded"
WAITED, WAITED_AUDITED = "alone, what the client waits", "alone, what the client waits, reads recorded"
AUDIT = (
    Row(BULK_AUDITED, BULK, 1.03, SHARE),
    Row(SINGLE_AUDITED, SINGLE, None, SHARE),
    Row(WAITED_AUDITED, WAITED, 1.1, SHARE),
)


class Sides:
    """Nanoseconds for one value: the backend's processor time, or what the client waits for."""

    def __init__(self, session, rows):
        self.session, self.rows = session, rows

    def prepare(self):
        """A table of values."""
        query = self.session.query
        query("CREATE TABLE numbers AS SELECT phone_encrypt('+6140' || lpad(n::text, 7, '0')) AS value"
              f" FROM generate_series(1, {self.rows}) AS n")
        query("VACUUM ANALYZE numbers")
        query("PREPARE one AS SELECT phone_decrypt($1)")

    def _bulk(self, classes):
        def cost():
            self.session.query(f"SET phone_crypt.audit = '{classes}'")
            return self.session.cpu_time("SELECT count(phone_decrypt(value)) FROM numbers") / self.rows

        return cost

    def _single(self, classes):
        def cost():
            value = self.session.query("SELECT value FROM numbers LIMIT 1")
            self.session.query(f"SET phone_crypt.audit = '{classes}'")
            start = cpu_nanoseconds(self.session.pid)
            wall, _ = self.session.timed(f"DO $$ BEGIN FOR i IN 1 .. {_CALLS} LOOP"
                                         f" PERFORM phone_decrypt('{value}'); COMMIT; END LOOP; END $$")
            name = {SINGLE: (cpu_nanoseconds(self.session.pid) - start) / _CALLS, WAITED: wall / _CALLS}
            return name[SINGLE], name[WAITED]

        return cost

    def all(self):
        """Each right after its peer."""
        return {
            BULK: self._bulk("none"),
            BULK_AUDITED: self._bulk("read"),
            "single": self._named("none", SINGLE, WAITED),
            "audited": self._named("read", SINGLE_AUDITED, WAITED_AUDITED),
        }

    def _named(self, classes, cpu, wall):
        cost = self._single(classes)
        return lambda: dict(zip((cpu, wall), cost(), strict=True))


def main(options):
    """Called with what bench/run gives for this part."""
    with Session("jit = off", "max_parallel_workers_per_gather = 0") as session:
        session.query("CREATE EXTENSION phone_crypt")
        head = facts(options, session, {})
        sides = Sides(session, options.rows)
        say(f"making {options.rows:,} values")
        sides.prepare()
        rounds = measure(sides.all(), options.rounds)
    # What several figures of one side are called has the side's name before it.
    rounds = [{name.removeprefix("single").removeprefix("audited"): figure for name, figure in one.items()} for one in rounds]
    write(options, head, {"Reads": table(rounds, AUDIT)})
