"""The statements that are measured, ours and their peers'."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """Evaluates an expression once a row of a table."""

    table: str
    expression: str
    source: str = ""

    @property
    def sql(self):
        return f"SELECT count({self.expression}) FROM {self.source or self.table}"

    def cost(self, meter):
        """Nanoseconds a row above the scan, which is measured anew each time: a processor does not keep one
        speed for long."""
        scan = Scan(self.table).cost(meter)
        return meter.nanoseconds(self.sql) - scan


@dataclass(frozen=True)
class Scan:
    """Reads the column of a table and does nothing with it."""

    table: str

    def cost(self, meter):
        return meter.nanoseconds(f"SELECT count(value) FROM {self.table}")


@dataclass(frozen=True)
class Meter:
    """What statements are measured with."""

    session: object
    rows: int

    def nanoseconds(self, sql):
        """CPU time a row."""
        return self.session.cpu_time(sql) / self.rows


E164, MESSY, ENCRYPTED, PEER_ENCRYPTED = TABLES = (
    "bench_e164", "bench_messy", "bench_encrypted", "bench_peer_encrypted")


def _bytes(hexadecimal):
    return f"decode('{hexadecimal}', 'hex')"


def _pgcrypto_hash(mac):
    return Statement(E164, f"encode(hmac(value, '{mac}', 'sha256'), 'hex')")


# OFFSET 0 keeps the planner from merging the subqueries, which would evaluate twice what is named twice.
def _pgcrypto_encrypt(key, mac):
    return Statement(
        E164,
        f"encode(iv || e || hmac(iv || e, {_bytes(mac)}, 'sha256'), 'hex')",
        f"(SELECT iv, encrypt_iv(convert_to(value, 'UTF8'), {_bytes(key)}, iv, 'aes-cbc/pad:pkcs') AS e"
        f" FROM (SELECT value, gen_random_bytes(16) AS iv FROM {E164} OFFSET 0) AS a OFFSET 0) AS b")


def _pgcrypto_decrypt(key, mac):
    return Statement(
        PEER_ENCRYPTED,
        f"CASE WHEN hmac(substr(v, 1, length(v) - 32), {_bytes(mac)}, 'sha256') = substr(v, length(v) - 31)"
        f" THEN convert_from(decrypt_iv(substr(v, 17, length(v) - 48), {_bytes(key)}, substr(v, 1, 16),"
        " 'aes-cbc/pad:pkcs'), 'UTF8') END",
        f"(SELECT decode(value, 'hex') AS v FROM {PEER_ENCRYPTED} OFFSET 0) AS a")


def statements(key, mac):
    """Every statement by name, each of ours right after its peer. `key` and `mac` are the peer's keys, 64
    hexadecimal digits each."""
    return {
        "scan": Scan(E164),
        "upper": Statement(E164, "upper(value)"),
        "md5": Statement(E164, "md5(value)"),
        "pgcrypto hash": _pgcrypto_hash(mac),
        "phone_hash": Statement(E164, "phone_hash(value)"),
        "pgcrypto encrypt": _pgcrypto_encrypt(key, mac),
        "phone_encrypt": Statement(E164, "phone_encrypt(value)"),
        "pgcrypto decrypt": _pgcrypto_decrypt(key, mac),
        "phone_decrypt": Statement(ENCRYPTED, "phone_decrypt(value)"),
        "phone_normalize E.164": Statement(E164, "phone_normalize(value)"),
        "phone_normalize messy": Statement(MESSY, "phone_normalize(value)"),
    }


def create_inputs(session, e164, messy):
    """Loads the numbers."""
    for table, numbers in ((E164, e164), (MESSY, messy)):
        session.query(f"CREATE UNLOGGED TABLE {table} (value text NOT NULL)")
        session.copy(table, numbers)


def create_encrypted(session, made):
    """Encrypts the E.164 numbers both ways, and leaves every table at rest and in the cache."""
    for table, name in ((ENCRYPTED, "phone_encrypt"), (PEER_ENCRYPTED, "pgcrypto encrypt")):
        statement = made[name]
        session.query(f"CREATE UNLOGGED TABLE {table} AS SELECT {statement.expression} AS value"
                      f" FROM {statement.source or statement.table}")
    for table in TABLES:
        session.query(f"VACUUM (FREEZE, ANALYZE) {table}")
