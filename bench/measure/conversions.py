"""Work over whole tables, and the one UPDATE with pgcrypto that could do the same.

The tables are the legacy application's limits, and customers in plain text, with and without an index on it. Their
numbers are E.164 already and no two are the same: that is all that one UPDATE with pgcrypto can do.
"""

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .session import Session, cpu_nanoseconds

# The server's own: stored data is not converted under a key of a session.
OLD_KEY, NEW_KEY = Path(os.environ["BENCH_KEY_FILE"]).read_text(encoding="ascii").split()
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
        """A new copy, at rest."""
        session.query(f"DROP TABLE IF EXISTS {self.name}")
        session.query("DELETE FROM phone_crypt.jobs")
        session.query(f"CREATE TABLE {self.name} (LIKE {self.name}_template)")
        session.query(f"INSERT INTO {self.name} SELECT * FROM {self.name}_template")
        for constraint in self.constraints:
            session.query(f"ALTER TABLE {self.name} {constraint}")
        self.settle(session)

    def copy_for_peer(self, session, index=None):
        """A copy with the columns that the UPDATE fills, and that kind of index on the hash."""
        self.copy(session)
        session.query(f"ALTER TABLE {self.name} ADD COLUMN phone_encrypted text, ADD COLUMN phone_hash text")
        if index:
            session.query(f"CREATE {index} ON {self.name} (phone_hash) WHERE phone_hash IS NOT NULL")
        session.query("CHECKPOINT")

    def settle(self, session):
        """Nothing of what was written before is left to be done while something is measured."""
        session.query(f"VACUUM (FREEZE, ANALYZE) {self.name}")
        session.query("CHECKPOINT")


LIMITS = Table("bench_limits", f"('phone:' || {NUMBER})::varchar(255) AS id, (1 + n % 5)::int AS count,"
               " 1700000000000 + n AS window_start, now() AS created_at, now() AS updated_at")
_CUSTOMER = f"n AS id, {NUMBER} AS phone, 'customer ' || n AS name"
CUSTOMERS = Table(
    "bench_customers", _CUSTOMER, ("ADD PRIMARY KEY (id)", "ALTER phone SET NOT NULL", "ADD UNIQUE (phone)"))
CONTACTS = Table("bench_contacts", _CUSTOMER)


def update_with_pgcrypto(table, rows=""):
    """Encrypts and hashes these rows. OFFSET 0 keeps what is named twice from being evaluated twice. As a subquery of
    the row, since a join of the table with itself took longer."""
    key = f"decode('{_PEER_KEY}', 'hex')"
    return f"""
    UPDATE {table.name} AS t SET (phone_encrypted, phone_hash) = (
        SELECT encode(iv, 'hex') || ':' || encode('\\x01a915ee2b'::bytea || e || hmac(iv || e, {key}, 'sha256'), 'hex'),
               encode(hmac(t.phone, '{_PEER_KEY}', 'sha256'), 'hex')
          FROM (SELECT iv, encrypt_iv(convert_to(t.phone, 'UTF8'), {key}, iv, 'aes-cbc/pad:pkcs') AS e
                  FROM (SELECT gen_random_bytes(16) AS iv, t.phone OFFSET 0) AS a OFFSET 0) AS b) {rows}"""


def update_in_batches(table):
    """The same, a COMMIT after each of the batches that ours has by default."""
    return f"""DO $$
    DECLARE
        most bigint := (SELECT max(id) FROM {table.name});
    BEGIN
        FOR done IN 0 .. most BY 5000 LOOP
            {update_with_pgcrypto(table, "WHERE t.id > done AND t.id <= done + 5000")};
            COMMIT;
        END LOOP;
    END $$"""


UPDATE_LIMITS = (f"UPDATE {LIMITS.name} SET id = 'phone_hash:' || encode(hmac(substr(id, 7), '{_PEER_KEY}', 'sha256'),"
                 " 'hex') WHERE id LIKE 'phone:%'")


def migrating_session(primary=OLD_KEY, *more):
    """A session with one of the server's keys as its primary one, to which the database is pinned."""
    session = Session(f"phone_crypt.encryption_key = '{primary}'", f"phone_crypt.previous_keys = '{OLD_KEY},{NEW_KEY}'",
                      "client_min_messages = warning", "jit = off", "max_parallel_workers_per_gather = 0", *more)
    session.query("SELECT FROM phone_crypt_pin_keys()")
    return session


@dataclass(frozen=True)
class Work:
    """What is done in a session over a whole table, by a statement or a function, and what comes before unmeasured."""

    prepare: Callable
    do: str | Callable
    key: str = OLD_KEY

    def run(self, *watchers):
        """Nanoseconds: what the client waited, and the backend's processor time. Watchers look at the backend all the
        while."""
        with migrating_session() as session:
            self.prepare(session)
        with migrating_session(self.key) as session:
            for watcher in watchers:
                watcher.start(session.pid)
            try:
                start, processor = time.monotonic_ns(), cpu_nanoseconds(session.pid)
                self.do(session) if callable(self.do) else session.query(self.do)
                return time.monotonic_ns() - start, cpu_nanoseconds(session.pid) - processor
            finally:
                for watcher in watchers:
                    watcher.stop()

    def side(self, rows):
        """Both, a row."""
        def cost():
            waited, processor = self.run()
            return {"": waited / rows, PROCESSOR: processor / rows}

        return cost


def convert(changed):
    """All that somebody has to do who converts the column: of a large table the CALL leaves the indexes to be made, and
    is made again after them."""
    def do(session):
        call = f"CALL phone_encrypt_column('{changed.name}', 'phone')"
        session.query(call)
        statements = session.query(f"SELECT phone_column_statements('{changed.name}', 'phone')").splitlines()
        for statement in statements:
            session.query(statement.rstrip(";"))
        if statements:
            session.query(call)
        made = session.query("SELECT atttypid::regtype || ' ' || attnotnull FROM pg_attribute"
                             f" WHERE attrelid = '{changed.name}'::regclass AND attname = 'phone'")
        if made != f"encrypted_phone {'true' if changed == CUSTOMERS else 'false'}":
            raise RuntimeError(f"{changed.name}.phone is {made}")

    return Work(changed.copy, do)
