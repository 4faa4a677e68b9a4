"""Work over whole tables, and the one UPDATE with pgcrypto that could do the same.

The tables are the legacy application's limits, and customers in plain text, with and without an index on it. Their
numbers are E.164 already and no two are the same: that is all that one UPDATE with pgcrypto can do.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from .session import QUIET, Session, cpu_nanoseconds

_PEER_KEY = secrets.token_hex(32)
# The processor time of work, by what is added to its name.
PROCESSOR = ", processor time"

# Coprime to the number of Australian mobiles that it walks through, so none comes twice; and not in their order.
NUMBER = "'+614' || lpad((n * 48271 % 59999999)::text, 8, '0')"


@dataclass(frozen=True)
class Table:
    """A table that is filled once and copied for each measurement."""

    name: str
    columns: str
    constraints: tuple = ("ADD PRIMARY KEY (id)",)

    def fill(self, session, rows):
        """Makes the rows that copies begin with."""
        session.query(f"DROP TABLE IF EXISTS {self.name}_template")
        session.query(f"CREATE UNLOGGED TABLE {self.name}_template AS"
                      f" SELECT {self.columns} FROM generate_series(1::bigint, {rows}) AS n")

    def copy(self, session):
        """A new copy, at rest: nothing of what was written before is left to be done while something is measured."""
        for statement in (
                f"DROP TABLE IF EXISTS {self.name}", "DELETE FROM phone_crypt.jobs",
                f"CREATE TABLE {self.name} (LIKE {self.name}_template)", f"INSERT INTO {self.name} SELECT * FROM {self.name}_template",
                *(f"ALTER TABLE {self.name} {constraint}" for constraint in self.constraints),
                f"VACUUM (FREEZE, ANALYZE) {self.name}", "CHECKPOINT"):
            session.query(statement)

    def copy_for_peer(self, session, index):
        """A copy with the columns that the UPDATE fills, and that kind of index on the hash."""
        self.copy(session)
        session.query(f"ALTER TABLE {self.name} ADD COLUMN phone_encrypted text, ADD COLUMN phone_hash text")
        session.query(f"CREATE {index} ON {self.name} (phone_hash) WHERE phone_hash IS NOT NULL")
        session.query("CHECKPOINT")


LIMITS = Table("bench_limits", f"('phone:' || {NUMBER})::varchar(255) AS id, (1 + n % 5)::int AS count,"
               " 1700000000000 + n AS window_start, now() AS created_at, now() AS updated_at")
_CUSTOMER = f"n AS id, {NUMBER} AS phone, 'customer ' || n AS name"
CUSTOMERS = Table(
    "bench_customers", _CUSTOMER, ("ADD PRIMARY KEY (id)", "ALTER phone SET NOT NULL", "ADD UNIQUE (phone)"))
CONTACTS = Table("bench_contacts", _CUSTOMER)


def fill(rows, *tables):
    with migrating_session() as session:
        for each in tables:
            each.fill(session, rows)


def migrating_session(*more):
    """A session in a database that is pinned to the server's key."""
    session = Session("client_min_messages = warning", *QUIET, *more)
    session.query("SELECT FROM phone_crypt_pin_keys()")
    return session


@dataclass(frozen=True)
class Work:
    """What is done in a session over a whole table, by a statement or a function, and what comes before unmeasured."""

    prepare: Callable
    do: str | Callable

    def run(self, *watchers):
        """Nanoseconds: what the client waited, and the backend's processor time. Watchers look at the backend all the
        while."""
        with migrating_session() as session:
            self.prepare(session)
        with migrating_session() as session:
            for watcher in watchers:
                watcher.start(session.pid)
            try:
                start, processor = time.monotonic_ns(), cpu_nanoseconds(session.pid)
                self.do(session) if callable(self.do) else session.query(self.do)
                return time.monotonic_ns() - start, cpu_nanoseconds(session.pid) - processor
            finally:
                for watcher in watchers:
                    watcher.stop()

    def cost(self, rows, *watchers):
        """Both, a row."""
        waited, processor = self.run(*watchers)
        return {"": waited / rows, PROCESSOR: processor / rows}


def update_with_pgcrypto(table, index):
    """Encrypts and hashes each row. OFFSET 0 keeps what is named twice from being evaluated twice. As a subquery of the row,
    since a join of the table with itself took longer."""
    key = f"decode('{_PEER_KEY}', 'hex')"
    return Work(lambda session: table.copy_for_peer(session, index), f"""
    UPDATE {table.name} AS t SET (phone_encrypted, phone_hash) = (
        SELECT encode(iv, 'hex') || ':' || encode('\\x01a915ee2b'::bytea || e || hmac(iv || e, {key}, 'sha256'), 'hex'),
               encode(hmac(t.phone, '{_PEER_KEY}', 'sha256'), 'hex')
          FROM (SELECT iv, encrypt_iv(convert_to(t.phone, 'UTF8'), {key}, iv, 'aes-cbc/pad:pkcs') AS e
                  FROM (SELECT gen_random_bytes(16) AS iv, t.phone OFFSET 0) AS a OFFSET 0) AS b)""")


def convert(table):
    """All that somebody has to do who converts the column: of a large table the CALL leaves the indexes to be made, and
    is made again after them."""
    def do(session):
        call = f"CALL phone_encrypt_column('{table.name}', 'phone')"
        session.query(call)
        statements = session.query(f"SELECT phone_column_statements('{table.name}', 'phone')").splitlines()
        for statement in statements:
            session.query(statement.rstrip(";"))
        if statements:
            session.query(call)
        session.expect(f"encrypted_phone {'true' if table == CUSTOMERS else 'false'}",
                       "SELECT atttypid::regtype || ' ' || attnotnull FROM pg_attribute"
                       f" WHERE attrelid = '{table.name}'::regclass AND attname = 'phone'")

    return Work(table.copy, do)


MIGRATE_LIMITS = Work(LIMITS.copy, f"CALL phone_migrate_rate_limits('{LIMITS.name}', existing_hashes => 'keep')")
UPDATE_LIMITS = Work(LIMITS.copy, f"UPDATE {LIMITS.name} SET id = 'phone_hash:' || encode(hmac(substr(id, 7), '{_PEER_KEY}',"
                     " 'sha256'), 'hex') WHERE id LIKE 'phone:%'")
