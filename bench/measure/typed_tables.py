"""The tables that hold the same numbers in a column of encrypted_phone and, beside it, in two columns of text: what
phone_encrypt makes, and phone_hash with the index."""

from dataclasses import dataclass

from .migration_tables import NUMBER

NUMBERS = "bench_typed_numbers"
WANTED, HUNDREDS = "bench_typed_wanted", "bench_typed_hundreds"
# How many numbers are looked up in a round.
LOOK_UPS, HUNDRED = 100_000, 100


@dataclass(frozen=True)
class Stored:
    """One way to keep the numbers. Of each table of this kind there are three: one at rest with an index that was made
    when it was full, one that is filled with the index on, and one without an index."""

    name: str
    columns: str
    values: str
    unique: str

    @property
    def filled_by_rows(self):
        return f"{self.name}_by_rows"

    @property
    def unindexed(self):
        return f"{self.name}_unindexed"

    @property
    def names(self):
        return self.name, self.filled_by_rows, self.unindexed

    def create(self, session):
        for table in self.names:
            session.query(f"CREATE TABLE {table} (id bigint NOT NULL, {self.columns})")
        session.query(f"ALTER TABLE {self.filled_by_rows} ADD UNIQUE ({self.unique})")
        # In another order than those without an index, which it is joined with.
        session.query(self.insert(self.name, f"(SELECT * FROM {NUMBERS} ORDER BY md5(phone)) AS n"))
        session.query(f"ALTER TABLE {self.name} ADD UNIQUE ({self.unique})")
        session.query(self.insert(self.unindexed))
        for table in (self.name, self.unindexed):
            session.query(f"VACUUM (FREEZE, ANALYZE) {table}")

    def insert(self, table, source=NUMBERS):
        return f"INSERT INTO {table} SELECT id, {self.values} FROM {source}"


TYPED = Stored("bench_typed", "phone encrypted_phone", "phone", "phone")
PAIR = Stored("bench_pair", "phone_encrypted text, phone_hash text", "phone_encrypt(phone), phone_hash(phone)",
              "phone_hash")


@dataclass(frozen=True)
class Loaded:
    """A table that COPY fills with one column of that type."""

    type: str

    @property
    def name(self):
        return f"bench_loaded_{self.type}"

    @property
    def names(self):
        return (self.name,)

    def create(self, session):
        session.query(f"CREATE UNLOGGED TABLE {self.name} (phone {self.type})")


LOADED = {"text": Loaded("text"), "encrypted_phone": Loaded("encrypted_phone")}


@dataclass(frozen=True)
class Compared:
    """A table with one column of that type, whose values are compared with themselves."""

    type: str
    value: str

    @property
    def name(self):
        return f"bench_compared_{self.type}"

    @property
    def names(self):
        return (self.name,)

    def create(self, session):
        session.query(f"CREATE UNLOGGED TABLE {self.name} AS"
                      f" SELECT ({self.value})::{self.type} AS value FROM {NUMBERS}")
        session.query(f"VACUUM (FREEZE, ANALYZE) {self.name}")


COMPARED = {"uuid": Compared("uuid", "md5(phone)"), "encrypted_phone": Compared("encrypted_phone", "phone")}

_MADE = (TYPED, PAIR, *LOADED.values(), *COMPARED.values())


def numbers_file(session):
    """What COPY reads: a file of the server."""
    return session.query("SHOW data_directory") + "/bench_typed_numbers.txt"


def create(session, rows):
    """All of them, the same in every run."""
    session.query(f"CREATE UNLOGGED TABLE {NUMBERS} AS"
                  f" SELECT n AS id, {NUMBER} AS phone FROM generate_series(1::bigint, {rows}) AS n")
    session.query(f"CREATE UNLOGGED TABLE {WANTED} AS"
                  f" SELECT phone FROM {NUMBERS} ORDER BY md5('wanted' || phone) LIMIT {LOOK_UPS}")
    session.query(f"CREATE UNLOGGED TABLE {HUNDREDS} AS SELECT array_agg(phone) AS phones"
                  f" FROM (SELECT phone, row_number() OVER () - 1 AS n FROM {WANTED}) AS w"
                  f" GROUP BY n / {HUNDRED} HAVING count(*) = {HUNDRED}")
    for table in (NUMBERS, WANTED, HUNDREDS):
        session.query(f"VACUUM (FREEZE, ANALYZE) {table}")
    session.query(f"COPY {NUMBERS} (phone) TO '{numbers_file(session)}'")
    for table in _MADE:
        table.create(session)


def drop(session):
    """Makes room."""
    for table in (NUMBERS, WANTED, HUNDREDS, *(name for made in _MADE for name in made.names)):
        session.query(f"DROP TABLE {table}")
