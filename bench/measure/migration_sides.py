"""What is measured: each procedure, and the one UPDATE with pgcrypto that could do the same."""

import secrets
import time
from dataclasses import dataclass

from .migration_tables import CONTACTS, CUSTOMERS, LIMITS
from .session import Session, cpu_nanoseconds

OLD_KEY, NEW_KEY = secrets.token_hex(32), secrets.token_hex(32)
_PEER_KEY = secrets.token_hex(32)
_PEER_BYTES = f"decode('{_PEER_KEY}', 'hex')"

PEER_MIGRATE, MIGRATE = "UPDATE with hmac", "phone_migrate_rate_limits"
PEER_ENCRYPT, ENCRYPT = "UPDATE with aes and hmac", "phone_add_encrypted_column"
PEER_ENCRYPT_CONTACTS, ENCRYPT_CONTACTS = f"{PEER_ENCRYPT}, contacts", f"{ENCRYPT}, contacts"
PEER_IN_BATCHES = f"{PEER_ENCRYPT}, in batches"
ROTATE, DROP, DECRYPT = "phone_rotate_column", "phone_drop_plaintext", "phone_decrypt_column"

_UPDATE_LIMITS = (f"UPDATE {LIMITS.name} SET id = 'phone_hash:' || encode(hmac(substr(id, 7), '{_PEER_KEY}', 'sha256'),"
                  " 'hex') WHERE id LIKE 'phone:%'")


def update_with_pgcrypto(table, rows=""):
    """Encrypts and hashes these rows. OFFSET 0 keeps what is named twice from being evaluated twice. As a subquery of
    the row, since a join of the table with itself took longer."""
    return f"""
    UPDATE {table.name} AS t SET (phone_encrypted, phone_hash) = (
        SELECT encode(iv, 'hex') || ':' || encode('\\x01a915ee2b'::bytea || e || hmac(iv || e, {_PEER_BYTES}, 'sha256'),
                                                  'hex'),
               encode(hmac(t.phone, '{_PEER_KEY}', 'sha256'), 'hex')
          FROM (SELECT iv, encrypt_iv(convert_to(t.phone, 'UTF8'), {_PEER_BYTES}, iv, 'aes-cbc/pad:pkcs') AS e
                  FROM (SELECT gen_random_bytes(16) AS iv, t.phone OFFSET 0) AS a OFFSET 0) AS b) {rows}"""


def _update_in_batches(table):
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


def migrating_session(primary=OLD_KEY):
    """A session with keys of its own, to which the database is pinned."""
    session = Session(f"phone_crypt.encryption_key = '{primary}'", f"phone_crypt.previous_keys = '{OLD_KEY},{NEW_KEY}'",
                      "client_min_messages = warning", "jit = off", "max_parallel_workers_per_gather = 0")
    session.query("SELECT FROM phone_crypt_pin_keys()")
    return session


def with_columns(table, kind=None):
    """A copy with the columns that the UPDATE fills, and an index of that kind on the hash."""
    def copy(session):
        table.copy(session)
        session.query(f"ALTER TABLE {table.name} ADD COLUMN phone_encrypted text, ADD COLUMN phone_hash text")
        if kind:
            session.query(f"CREATE {kind} ON {table.name} (phone_hash) WHERE phone_hash IS NOT NULL")
        session.query("CHECKPOINT")

    return copy


@dataclass(frozen=True)
class Side:
    """A statement over a whole table, and what comes before it unmeasured."""

    sql: str
    prepare: object
    primary: str = OLD_KEY

    def run(self, watched=None):
        """What it took, on a table that was prepared just before."""
        with migrating_session() as session:
            self.prepare(session)
        with migrating_session(self.primary) as session:
            return timed(session, lambda: session.query(self.sql), watched)


@dataclass(frozen=True)
class Took:
    """Seconds: what the client waited, and the backend's processor time."""

    elapsed: float
    processor: float


def timed(session, work, watched=None):
    """Does the work in the session. `watched` is entered with the backend's process before, and left after."""
    if watched:
        watched.start(session.pid)
    try:
        start, processor = time.monotonic(), cpu_nanoseconds(session.pid)
        work()
        return Took(time.monotonic() - start, (cpu_nanoseconds(session.pid) - processor) / 1e9)
    finally:
        if watched:
            watched.stop()


# In this order: the last three go on from what the one before has left.
SIDES = {
    PEER_MIGRATE: Side(_UPDATE_LIMITS, LIMITS.copy),
    MIGRATE: Side(f"CALL phone_migrate_rate_limits('{LIMITS.name}', existing_hashes => 'keep')", LIMITS.copy),
    PEER_ENCRYPT_CONTACTS: Side(update_with_pgcrypto(CONTACTS), with_columns(CONTACTS, "INDEX")),
    ENCRYPT_CONTACTS: Side(f"CALL phone_add_encrypted_column('{CONTACTS.name}', 'phone')", CONTACTS.copy),
    PEER_IN_BATCHES: Side(_update_in_batches(CUSTOMERS), with_columns(CUSTOMERS, "UNIQUE INDEX")),
    PEER_ENCRYPT: Side(update_with_pgcrypto(CUSTOMERS), with_columns(CUSTOMERS, "UNIQUE INDEX")),
    ENCRYPT: Side(f"CALL phone_add_encrypted_column('{CUSTOMERS.name}', 'phone')", CUSTOMERS.copy),
    ROTATE: Side(f"CALL phone_rotate_column('{CUSTOMERS.name}', 'phone')", CUSTOMERS.settle, NEW_KEY),
    DROP: Side(f"CALL phone_drop_plaintext('{CUSTOMERS.name}', 'phone')", CUSTOMERS.settle, NEW_KEY),
    DECRYPT: Side(f"CALL phone_decrypt_column('{CUSTOMERS.name}', 'phone')", CUSTOMERS.settle, NEW_KEY),
}
PROCEDURES = (MIGRATE, ENCRYPT, ROTATE, DROP, DECRYPT)
