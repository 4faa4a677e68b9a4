"""Measures phone_encrypt_column beside one UPDATE with pgcrypto that fills two columns of text."""

from dataclasses import dataclass

from .migration_sides import Side, migrating_session, timed, update_with_pgcrypto, with_columns
from .migration_tables import CONTACTS, CUSTOMERS
from .rounds import Rounds

CONVERT_CUSTOMERS, PEER_CUSTOMERS = "convert, customers", "UPDATE, customers"
CONVERT_CONTACTS, PEER_CONTACTS = "convert, contacts", "UPDATE, contacts"
PEER_CONTACTS_UNINDEXED = "UPDATE, contacts without an index"


class NotConverted(Exception):
    """The column has the type that it had before."""


@dataclass(frozen=True)
class Conversion:
    """All that somebody has to do who converts the column."""

    table: object

    def run(self, watched=None):
        with migrating_session() as session:
            self.table.copy(session)
        with migrating_session() as session:
            took = timed(session, lambda: self._convert(session), watched)
            self._check(session)
            return took

    def _convert(self, session):
        """Of a large table the CALL leaves the indexes to be made, and is made again after them."""
        call = f"CALL phone_encrypt_column('{self.table.name}', 'phone')"
        session.query(call)
        statements = session.query(f"SELECT phone_column_statements('{self.table.name}', 'phone')").splitlines()
        for statement in statements:
            session.query(statement.rstrip(";"))
        if statements:
            session.query(call)

    def _check(self, session):
        made = session.query("SELECT atttypid::regtype || ' ' || attnotnull FROM pg_attribute"
                             f" WHERE attrelid = '{self.table.name}'::regclass AND attname = 'phone'")
        wanted = f"encrypted_phone {'true' if self.table == CUSTOMERS else 'false'}"
        if made != wanted:
            raise NotConverted(f"{self.table.name}.phone is {made}, not {wanted}")


SIDES = {
    PEER_CUSTOMERS: Side(update_with_pgcrypto(CUSTOMERS), with_columns(CUSTOMERS, "UNIQUE INDEX")),
    CONVERT_CUSTOMERS: Conversion(CUSTOMERS),
    PEER_CONTACTS: Side(update_with_pgcrypto(CONTACTS), with_columns(CONTACTS, "INDEX")),
    CONVERT_CONTACTS: Conversion(CONTACTS),
    PEER_CONTACTS_UNINDEXED: Side(update_with_pgcrypto(CONTACTS), with_columns(CONTACTS)),
}


def measure(rows, count, say):
    """Nanoseconds a row of every side: `NAME` what the client waited, `NAME processor` the backend's own."""
    with migrating_session() as session:
        for table in (CUSTOMERS, CONTACTS):
            table.fill(session, rows)
    rounds = Rounds()
    for number in range(1, count + 1):
        figures = {}
        for name, side in SIDES.items():
            took = side.run()
            figures[name] = took.elapsed * 1e9 / rows
            figures[f"{name} processor"] = took.processor * 1e9 / rows
            say(f"conversion, round {number} of {count}: {name}: {figures[name] / 1000:.1f} µs a row,"
                f" {figures[f'{name} processor'] / 1000:.1f} of the processor")
        rounds.add(figures)
    return rounds
