"""The tables that are migrated: the earlier application's limits, and customers in plain text, with and without an
index on it.

Their numbers are E.164 already and no two are the same: that is all that one UPDATE with pgcrypto can do.
"""

from dataclasses import dataclass

# Coprime to the number of Australian mobiles that it walks through, so none comes twice; and not in their order.
_STEP, _MOBILES = 48_271, 59_999_999
NUMBER = f"'+614' || lpad((n * {_STEP} % {_MOBILES})::text, 8, '0')"
# A day in 2023, in milliseconds.
_SOME_DAY = 1_700_000_000_000


@dataclass(frozen=True)
class Table:
    """A table that is filled once and copied for each measurement."""

    name: str
    columns: str
    constraints: tuple

    @property
    def template(self):
        return f"{self.name}_template"

    def fill(self, session, rows):
        """Makes the rows that copies begin with."""
        session.query(f"DROP TABLE IF EXISTS {self.template}")
        session.query(f"CREATE UNLOGGED TABLE {self.template} AS"
                      f" SELECT {self.columns} FROM generate_series(1::bigint, {rows}) AS n")

    def copy(self, session):
        """A new copy, at rest."""
        self.drop(session)
        session.query(f"CREATE TABLE {self.name} (LIKE {self.template})")
        session.query(f"INSERT INTO {self.name} SELECT * FROM {self.template}")
        for constraint in self.constraints:
            session.query(f"ALTER TABLE {self.name} {constraint}")
        self.settle(session)

    def settle(self, session):
        """Nothing of what was written before is left to be done while something is measured."""
        session.query(f"VACUUM (FREEZE, ANALYZE) {self.name}")
        session.query("CHECKPOINT")

    def drop(self, session):
        session.query(f"DROP TABLE IF EXISTS {self.name}")
        session.query("DELETE FROM phone_crypt.columns")
        session.query("DELETE FROM phone_crypt.jobs")


def id_of_limit(row):
    """The key of the row with this number, as SQL."""
    return f"(SELECT 'phone:' || {NUMBER} FROM (SELECT {row}::bigint AS n) AS r)"


LIMITS = Table(
    "bench_limits",
    f"('phone:' || {NUMBER})::varchar(255) AS id, (1 + n % 5)::int AS count, {_SOME_DAY} + n AS window_start,"
    " now() AS created_at, now() AS updated_at",
    ("ADD PRIMARY KEY (id)",),
)
_CUSTOMER = f"n AS id, {NUMBER} AS phone, 'customer ' || n AS name"
CUSTOMERS = Table(
    "bench_customers", _CUSTOMER, ("ADD PRIMARY KEY (id)", "ALTER phone SET NOT NULL", "ADD UNIQUE (phone)"))
CONTACTS = Table("bench_contacts", _CUSTOMER, ("ADD PRIMARY KEY (id)",))
TABLES = (LIMITS, CUSTOMERS, CONTACTS)
