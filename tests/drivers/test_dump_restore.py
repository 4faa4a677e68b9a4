"""pg_dump and restore: with the same key everything works; with another one nothing is read or written."""

import re

import pytest
from psycopg import errors
from samples import AU, AU_NATIONAL, K1, K1_ID, K2, K2_ID, mobile
from server import running, value_of

ROWS = 200

# A table as an application has it: nothing in it needs a key to be checked, indexed or restored.
SCHEMA = """
    CREATE TABLE customers (
        id         int PRIMARY KEY,
        phone      text NOT NULL CHECK ({schema}.phone_key_id(phone) <> 'legacy'),
        phone_hash text NOT NULL UNIQUE,
        key_id     text GENERATED ALWAYS AS ({schema}.phone_key_id(phone)) STORED,
        shop_line  text CHECK ({schema}.phone_is_valid(shop_line, 'AU'))
    );
    CREATE INDEX customers_key_id ON customers ({schema}.phone_key_id(phone));
    CREATE INDEX customers_shop_line ON customers ({schema}.phone_normalize(shop_line, 'AU'));
    CREATE VIEW customers_shown AS
        SELECT id, {schema}.phone_reveal(phone, 'customers.phone') AS phone FROM customers;
    INSERT INTO customers (id, phone, phone_hash, shop_line)
        SELECT n, {schema}.phone_encrypt(p, 'customers.phone'), {schema}.phone_hash(p, 'customers.phone'),
               '(02) 9374 4000'
          FROM generate_series(0, {rows} - 1) AS n, LATERAL (SELECT '040' || lpad(n::text, 7, '0')) AS v (p);
    SELECT {schema}.phone_crypt_pin_keys();
"""


@pytest.fixture(scope="module")
def elsewhere():
    """The server that dumps are restored into, with the same key at first."""
    with running([K1]) as server:
        yield server


@pytest.fixture(scope="module")
def shops(server):
    """Databases to dump, by the schema that the extension is in."""
    names = {schema: server.create_database(f"shop_{schema}", schema) for schema in ("public", "crypt")}
    for schema, name in names.items():
        with server.connect(name) as session:
            session.execute(SCHEMA.format(schema=schema, rows=ROWS))
    return names


@pytest.fixture(scope="module", params=["public-plain", "public-custom", "crypt-plain", "crypt-custom"])
def restored(server, elsewhere, shops, request):
    """One of them, dumped in one format or the other and restored on the other server: database and schema."""
    schema, dump_format = request.param.split("-")
    target = f"{shops[schema]}_{dump_format}"
    with elsewhere.connect() as session:
        session.execute(f"CREATE DATABASE {target}")
    if dump_format == "plain":
        text = server.program("pg_dump", "--format=plain", shops[schema])
        decoded = with_bytes(text)
        assert not any(mobile(n).removeprefix("+61") in decoded for n in range(ROWS))
        restore_plain(elsewhere, target, text)
    else:
        archive = server.directory / "archive"
        server.program("pg_dump", "--format=custom", f"--file={archive}", shops[schema])
        elsewhere.program("pg_restore", "--exit-on-error", "-d", target, str(archive))
        archive.unlink()
    return target, schema


def with_bytes(text):
    """A dump that shows each bytea as its bytes: in hexadecimal, a time and the length after it may look like a number."""
    return re.sub(r"\\+x((?:[0-9a-f]{2})+)", lambda found: bytes.fromhex(found[1]).decode("latin-1"), text)


def restore_plain(server, target, text):
    server.program("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", target, text=text)


@pytest.fixture
def wrong_key(elsewhere):
    """For one test, the other server has another key."""
    elsewhere.set_keys(K2)
    elsewhere.reload()
    yield elsewhere
    elsewhere.set_keys(K1)
    elsewhere.reload()


def connect(server, target, schema):
    """A session that has the extension's functions on its path."""
    session = server.connect(target)
    session.execute("SELECT set_config('search_path', %s, false)", [f"public, {schema}"])
    return session


class TestWithTheSameKey:
    def test_values_decrypt_and_lookups_find(self, elsewhere, restored):
        with connect(elsewhere, *restored) as session:
            rows = session.execute("SELECT id, phone_decrypt(phone, 'customers.phone') FROM customers").fetchall()
            assert dict(rows) == {n: mobile(n) for n in range(ROWS)}
            lookup = "SELECT id FROM customers WHERE phone_hash = phone_hash(%s, 'customers.phone')"
            assert session.execute(lookup, ["040 0000 123"]).fetchall() == [(123,)]
            assert session.execute("SELECT phone FROM customers_shown WHERE id = 5").fetchall() == [(mobile(5),)]

    def test_constraints_generated_columns_and_indexes_work(self, elsewhere, restored):
        with connect(elsewhere, *restored) as session, session.transaction(force_rollback=True):
            assert session.execute("SELECT DISTINCT key_id FROM customers").fetchall() == [(K1_ID,)]
            insert = (
                "INSERT INTO customers (id, phone, phone_hash, shop_line)"
                " VALUES (1000, phone_encrypt(%s, 'customers.phone'), phone_hash(%s, 'customers.phone'), %s)"
            )
            with pytest.raises(errors.UniqueViolation), session.transaction():
                session.execute(insert, [mobile(7), mobile(7), None])
            with pytest.raises(errors.CheckViolation), session.transaction():
                session.execute(insert, [AU, AU, "000"])
            session.execute(insert, [AU, AU, "02 9374 4000"])
            session.execute("SET enable_seqscan = off")
            by_line = "SELECT count(*) FROM customers WHERE phone_normalize(shop_line, 'AU') = '+61293744000'"
            assert value_of(session, by_line) == ROWS + 1
            assert "customers_shop_line" in str(session.execute(f"EXPLAIN {by_line}").fetchall())

    def test_the_pin_came_along(self, elsewhere, restored):
        with connect(elsewhere, *restored) as session:
            pins = session.execute("SELECT role, key_id FROM phone_crypt.keys ORDER BY role").fetchall()
            assert pins == [("hash", K1_ID), ("primary", K1_ID)]

    def test_the_restored_database_can_be_pinned_again(self, elsewhere, restored):
        with connect(elsewhere, *restored) as session, session.transaction(force_rollback=True):
            assert len(session.execute("SELECT * FROM phone_crypt_pin_keys()").fetchall()) == 2


class TestWithAnotherKey:
    def test_every_use_of_a_key_is_refused_and_nothing_is_written(self, restored, wrong_key):
        with connect(wrong_key, *restored) as session:
            before = value_of(session, "SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM customers AS c")
            for statement in (
                "SELECT phone_decrypt(phone, 'customers.phone') FROM customers",
                "SELECT phone_try_decrypt(phone, 'customers.phone') FROM customers",
                "SELECT phone FROM customers_shown",
                f"SELECT id FROM customers WHERE phone_hash = phone_hash('{AU}', 'customers.phone')",
                f"SELECT id FROM customers WHERE phone_hash = ANY (phone_hashes('{AU}', 'customers.phone'))",
                f"INSERT INTO customers VALUES (1000, phone_encrypt('{AU}', 'customers.phone'), 'x')",
                "UPDATE customers SET phone = phone_reencrypt(phone, 'customers.phone')",
                f"UPDATE customers SET phone = phone_encrypt_raw('{AU}')",
                "SELECT phone_crypt_pin_keys()",
            ):
                with pytest.raises(errors.ObjectNotInPrerequisiteState, match=f"pinned to .*{K1_ID}"):
                    session.execute(statement)
            assert value_of(session, "SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM customers AS c") == before

    def test_what_needs_no_key_still_works(self, restored, wrong_key):
        with connect(wrong_key, *restored) as session:
            assert value_of(session, "SELECT phone_normalize(%s)", AU_NATIONAL) == AU
            assert value_of(session, "SELECT count(*) FROM customers WHERE phone_key_id(phone) = %s", K1_ID) == ROWS
            assert session.execute("SELECT key_id FROM phone_crypt.key_status").fetchall() == [(K2_ID,)]

    def test_it_works_again_when_the_right_key_is_back(self, restored, wrong_key):
        with connect(wrong_key, *restored) as session:
            with pytest.raises(errors.ObjectNotInPrerequisiteState):
                session.execute("SELECT phone_hash(%s)", [AU])
            wrong_key.set_keys(K1)
            wrong_key.reload()
        with connect(wrong_key, *restored) as session:
            rows = session.execute("SELECT phone FROM customers_shown WHERE id = 9").fetchall()
            assert rows == [(mobile(9),)]


def test_a_restore_itself_needs_no_key(server, elsewhere, shops, wrong_key):
    """Under the wrong key it goes through, and leaves a pinned database."""
    with elsewhere.connect() as session:
        session.execute("CREATE DATABASE restored_without_key")
    restore_plain(elsewhere, "restored_without_key", server.program("pg_dump", shops["public"]))
    with elsewhere.connect("restored_without_key") as session:
        assert value_of(session, "SELECT count(*) FROM customers") == ROWS
        with pytest.raises(errors.ObjectNotInPrerequisiteState, match=f"pinned to .*{K1_ID}"):
            session.execute("SELECT phone_hash(%s)", [AU])


def test_a_dump_keeps_the_pinned_regions_and_loses_the_setting(server, elsewhere):
    """The setting decides what a number without + is: without it, no look-up may find another number or nothing."""
    source, national, number = server.create_database("british"), "020 7031 3000", "+442070313000"
    with server.connect(source) as session:
        session.execute("ALTER DATABASE british SET phone_crypt.default_regions = 'GB'")
    with server.connect(source) as session:
        session.execute("CREATE TABLE t AS SELECT phone_hash(%s) AS phone_hash", [national])
        session.execute("SELECT phone_crypt_pin_keys()")
    with elsewhere.connect() as session:
        session.execute("CREATE DATABASE british")
    restore_plain(elsewhere, "british", server.program("pg_dump", source))
    look_up = "SELECT count(*) FROM t WHERE phone_hash = phone_hash(%s)"
    with elsewhere.connect("british") as session:
        with pytest.raises(errors.ObjectNotInPrerequisiteState, match="pinned to regions GB, the server has AU,US"):
            session.execute(look_up, [national])
        assert value_of(session, look_up, number) == 1
        assert value_of(session, "SELECT phone_normalize(%s, 'GB')", national) == number
        session.execute("ALTER DATABASE british SET phone_crypt.default_regions = 'GB'")
    with elsewhere.connect("british") as session:
        assert value_of(session, look_up, national) == 1


def test_a_role_that_may_read_everything_can_dump(server, shops):
    with server.connect() as session:
        session.execute("CREATE ROLE backup LOGIN; GRANT pg_read_all_data TO backup")
    text = server.program("pg_dump", "--username=backup", shops["public"])
    assert "COPY phone_crypt.jobs" in text


def test_without_a_pin_another_key_reads_nothing_but_writes(server, elsewhere, wrong_key):
    """What the pin is for: mixed data, and look-ups that silently find nothing."""
    source = server.create_database("unpinned")
    with server.connect(source) as session:
        session.execute("CREATE TABLE t AS SELECT phone_encrypt(%s) AS phone, phone_hash(%s)", [AU, AU])
    with elsewhere.connect() as session:
        session.execute("CREATE DATABASE unpinned")
    restore_plain(elsewhere, "unpinned", server.program("pg_dump", source))
    with elsewhere.connect("unpinned") as session:
        with pytest.raises(errors.ObjectNotInPrerequisiteState, match=f"under key {K1_ID}"):
            session.execute("SELECT phone_decrypt(phone) FROM t")
        assert session.execute("SELECT FROM t WHERE phone_hash = phone_hash(%s)", [AU]).fetchall() == []
        assert value_of(session, "SELECT phone_key_id(phone_encrypt(%s))", AU) == K2_ID
