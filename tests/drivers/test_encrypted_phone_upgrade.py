"""pg_upgrade from the oldest major: operators in pg_catalog, operator classes and stored values come along."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
from samples import K1, mobile
from server import PATIENCE_SECONDS, PG_CONFIG, REPOSITORY, SCRATCH, value_of

OLDEST = 14
ROWS = 300

SCHEMA = f"""
    CREATE EXTENSION phone_crypt;
    CREATE TABLE customer (
        id     int PRIMARY KEY,
        phone  encrypted_phone NOT NULL UNIQUE CHECK (phone_require_number(phone)),
        others encrypted_phone[],
        work   encrypted_phone DEFAULT '0401 999 999'
    );
    CREATE INDEX ON customer USING hash (phone);
    CREATE TABLE by_hash (phone encrypted_phone) PARTITION BY HASH (phone);
    CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    CREATE VIEW wanted AS SELECT id FROM customer WHERE phone IN ('0400 000 001', '0400 000 002');
    INSERT INTO customer SELECT n, '040' || lpad(n::text, 7, '0'), '{{0401 000 001 x5}}' FROM generate_series(0, {ROWS} - 1) AS n;
    INSERT INTO by_hash SELECT phone FROM customer;
"""


def output(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout.strip()


def has_extension(pg_config):
    return (Path(output(pg_config, "--sharedir")) / "extension" / "phone_crypt.control").exists()


class Cluster:
    """A data directory of one major, run by the user that servers run as."""

    def __init__(self, home, name, pg_config, owner):
        self.home, self.data, self.owner = home, home / name, owner
        self.bindir = Path(output(pg_config, "--bindir"))
        checksums = [] if output(pg_config, "--version").split()[1] < "18" else ["--no-data-checksums"]
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N", *checksums)
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(f"shared_preload_libraries = 'phone_crypt'\nphone_crypt.key_file = '{home}/keys'\nfsync = off\n")
            conf.write(f"listen_addresses = ''\nunix_socket_directories = '{home}'\n")

    def run(self, program, *arguments):
        uid, gid = self.owner
        user = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [str(part) for part in (self.bindir / program, *arguments)],
            cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=4 * PATIENCE_SECONDS, env=os.environ | {"HOME": "/tmp"}, **user,
        )
        assert done.returncode == 0, f"{program}: {done.stdout}"

    def control(self, action):
        self.run("pg_ctl", "-D", self.data, "-l", self.home / "log", "-w", "-m", "fast", action)


@pytest.fixture
def home(server):
    """A directory of the server user's, with the key in it; and who that is."""
    owner = server.directory.stat()
    directory = Path(tempfile.mkdtemp(prefix="phone_crypt.", dir=SCRATCH))
    key = directory / "keys"
    key.write_text(f"{K1}\n")
    key.chmod(0o600)
    for path in (directory, key):
        os.chown(path, owner.st_uid, owner.st_gid)
    yield directory, (owner.st_uid, owner.st_gid)
    shutil.rmtree(directory)


def test_everything_is_there_after_an_upgrade(home):
    directory, owner = home
    old_config = output(REPOSITORY / "scripts" / "postgres", "pg_config", OLDEST)
    if not has_extension(old_config):
        pytest.skip(f"the extension is not installed on PostgreSQL {OLDEST}")
    old = Cluster(directory, "old", old_config, owner)
    new = Cluster(directory, "new", PG_CONFIG, owner)
    old.control("start")
    with connect(directory) as session:
        session.execute(SCHEMA)
    old.control("stop")
    new.run("pg_upgrade", "-b", old.bindir, "-B", new.bindir, "-d", old.data, "-D", new.data, "-U", "postgres")
    new.control("start")
    try:
        with connect(directory) as session:
            check(session)
    finally:
        new.control("stop")


def connect(directory):
    return psycopg.connect(host=str(directory), user="postgres", dbname="postgres", autocommit=True)


def check(session):
    query = "SELECT phone_decrypt(phone) FROM customer WHERE phone = %s"
    assert value_of(session, query, "0400 000 042") == mobile(42)
    assert value_of(session, "SELECT phone_original(others[1]) FROM customer WHERE id = 42") == "0401 000 001 x5"
    assert value_of(session, "SELECT count(*) FROM wanted") == 2
    assert value_of(session, "SELECT count(*) FROM by_hash WHERE phone = %s", mobile(7)) == 1
    assert value_of(session, "SELECT bool_and(phone_verify(phone)) FROM customer") is True
    session.execute("SET enable_seqscan = off")
    for index in ("customer_phone_key", "customer_phone_idx"):
        session.execute(f"REINDEX INDEX {index}")
    assert value_of(session, "SELECT id FROM customer WHERE phone = %s", mobile(5)) == 5
    with pytest.raises(psycopg.errors.UniqueViolation):
        session.execute("INSERT INTO customer VALUES (-1, %s)", (mobile(5),))
    session.execute("INSERT INTO customer VALUES (-1, %s)", (mobile(ROWS),))
    assert value_of(session, "SELECT phone_decrypt(work) FROM customer WHERE id = -1") == "+61401999999"
