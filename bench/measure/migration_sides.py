"""What is measured: each procedure, and the one UPDATE with pgcrypto that could do the same."""

import secrets
import time
from dataclasses import dataclass

from .migration_tables import CUSTOMERS, LIMITS
from .session import Session, cpu_nanoseconds

OLD_KEY, NEW_KEY = secrets.token_hex(32), secrets.token_hex(32)
_PEER_KEY = secrets.token_hex(32)
_PEER_BYTES = f"decode('{_PEER_KEY}', 'hex')"

PEER_MIGRATE, MIGRATE = "UPDATE with hmac", "phone_migrate_rate_limits"
PEER_ENCRYPT, ENCRYPT = "UPDATE with aes and hmac", "phone_encrypt_column"
ROTATE, DROP, DECRYPT = "phone_rotate_column", "phone_drop_plaintext", "phone_decrypt_column"

_UPDATE_LIMITS = (f"UPDATE {LIMITS.name} SET id = 'phone_hash:' || encode(hmac(substr(id, 7), '{_PEER_KEY}', 'sha256'),"
                  " 'hex') WHERE id LIKE 'phone:%'")
# OFFSET 0 keeps what is named twice from being evaluated twice. As one subquery of the row: a join of the table with
# itself took longer.
_UPDATE_CUSTOMERS = f"""
    UPDATE {CUSTOMERS.name} AS t SET (phone_encrypted, phone_hash) = (
        SELECT encode(iv, 'hex') || ':' || encode('\\x01a915ee2b'::bytea || e || hmac(iv || e, {_PEER_BYTES}, 'sha256'),
                                                  'hex'),
               encode(hmac(t.phone, '{_PEER_KEY}', 'sha256'), 'hex')
          FROM (SELECT iv, encrypt_iv(convert_to(t.phone, 'UTF8'), {_PEER_BYTES}, iv, 'aes-cbc/pad:pkcs') AS e
                  FROM (SELECT gen_random_bytes(16) AS iv, t.phone OFFSET 0) AS a OFFSET 0) AS b)"""


def migrating_session(primary=OLD_KEY):
    """A session with keys of its own, to which the database is pinned."""
    session = Session(f"phone_crypt.encryption_key = '{primary}'", f"phone_crypt.previous_keys = '{OLD_KEY},{NEW_KEY}'",
                      "client_min_messages = warning", "jit = off", "max_parallel_workers_per_gather = 0")
    session.query("SELECT FROM phone_crypt_pin_keys()")
    return session


def copy_limits(session):
    LIMITS.copy(session)


def copy_customers(session):
    CUSTOMERS.copy(session)


def copy_customers_with_columns(session):
    """The columns and the index that phone_encrypt_column makes for itself."""
    CUSTOMERS.copy(session)
    session.query(f"ALTER TABLE {CUSTOMERS.name} ADD COLUMN phone_encrypted text, ADD COLUMN phone_hash text")
    session.query(f"CREATE UNIQUE INDEX ON {CUSTOMERS.name} (phone_hash) WHERE phone_hash IS NOT NULL")
    session.query("CHECKPOINT")


@dataclass(frozen=True)
class Side:
    """A statement over a whole table, and what comes before it unmeasured."""

    sql: str
    prepare: object
    primary: str = OLD_KEY

    def run(self, watched=None):
        """Seconds that the client waits, and processor time of the backend in seconds. `watched` is entered with the
        backend's process before, and left after."""
        with migrating_session() as session:
            self.prepare(session)
        with migrating_session(self.primary) as session:
            if watched:
                watched.start(session.pid)
            start, processor = time.monotonic(), cpu_nanoseconds(session.pid)
            session.query(self.sql)
            took = Took(time.monotonic() - start, (cpu_nanoseconds(session.pid) - processor) / 1e9)
            if watched:
                watched.stop()
            return took


@dataclass(frozen=True)
class Took:
    """Seconds: what the client waited, and the backend's processor time."""

    elapsed: float
    processor: float


# In this order: the last three go on from what the one before has left.
SIDES = {
    PEER_MIGRATE: Side(_UPDATE_LIMITS, copy_limits),
    MIGRATE: Side(f"CALL phone_migrate_rate_limits('{LIMITS.name}', existing_hashes => 'keep')", copy_limits),
    PEER_ENCRYPT: Side(_UPDATE_CUSTOMERS, copy_customers_with_columns),
    ENCRYPT: Side(f"CALL phone_encrypt_column('{CUSTOMERS.name}', 'phone')", copy_customers),
    ROTATE: Side(f"CALL phone_rotate_column('{CUSTOMERS.name}', 'phone')", CUSTOMERS.settle, NEW_KEY),
    DROP: Side(f"CALL phone_drop_plaintext('{CUSTOMERS.name}', 'phone')", CUSTOMERS.settle, NEW_KEY),
    DECRYPT: Side(f"CALL phone_decrypt_column('{CUSTOMERS.name}', 'phone')", CUSTOMERS.settle, NEW_KEY),
}
PROCEDURES = (MIGRATE, ENCRYPT, ROTATE, DROP, DECRYPT)
