"""Columns of the data type in dumps: restored without any key, in parallel, as binary data; then everything works."""

import shutil

import pytest
from psycopg import errors
from samples import K1, K2, mobile
from server import running, value_of

ROWS = 500

SCHEMA = f"""
    CREATE DOMAIN {{schema}}.work_phone AS {{schema}}.encrypted_phone;
    CREATE TABLE customer (
        id       int PRIMARY KEY,
        phone    {{schema}}.encrypted_phone NOT NULL UNIQUE CHECK ({{schema}}.phone_require_number(phone)),
        others   {{schema}}.encrypted_phone[],
        work     {{schema}}.work_phone DEFAULT '+61 401 999 999',
        is_known boolean GENERATED ALWAYS AS ({{schema}}.phone_is_number(phone)) STORED
    );
    CREATE INDEX customer_hash ON customer USING hash (phone);
    CREATE INDEX customer_some ON customer (phone) WHERE phone <> '0400 000 001';
    CREATE TABLE call (phone {{schema}}.encrypted_phone REFERENCES customer (phone) ON UPDATE CASCADE);
    CREATE TABLE by_list (phone {{schema}}.encrypted_phone) PARTITION BY LIST (phone);
    CREATE TABLE by_list_1 PARTITION OF by_list FOR VALUES IN ('0400 000 001');
    CREATE TABLE by_hash (phone {{schema}}.encrypted_phone) PARTITION BY HASH (phone);
    CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    CREATE VIEW wanted AS SELECT id FROM customer WHERE phone IN ('0400 000 001', '0400 000 002');
    CREATE VIEW same AS SELECT a.id FROM customer AS a JOIN customer AS b USING (phone) WHERE NULLIF(a.phone, b.phone) IS NULL;
    CREATE MATERIALIZED VIEW numbers AS SELECT DISTINCT phone FROM customer;
    INSERT INTO customer (id, phone, others)
        SELECT n, '040' || lpad(n::text, 7, '0'), ARRAY['0401 000 000', '0401 000 001 x5', 'ask for Bob']
          FROM generate_series(0, {ROWS} - 1) AS n;
    INSERT INTO call SELECT phone FROM customer WHERE id < 10;
    INSERT INTO by_list VALUES ('0400 000 001');
    INSERT INTO by_hash SELECT phone FROM customer;
    REFRESH MATERIALIZED VIEW numbers;
"""


@pytest.fixture(scope="module", params=["public", "crypt"])
def shop(server, request):
    """A database to dump, and the schema that the extension is in."""
    name = server.create_database(f"typed_{request.param}", request.param)
    with server.connect(name) as session:
        session.execute(f"SET search_path = public, {request.param}")
        session.execute(SCHEMA.format(schema=request.param))
    return name, request.param


@pytest.fixture(scope="module")
def keyless():
    """A server that has no keys at all until a test gives it some."""
    with running([]) as server:
        yield server


def check(server, database, schema):
    """Everything is found and read, and written again."""
    with server.connect(database) as session:
        session.execute(f"SET search_path = public, {schema}")
        assert value_of(session, "SELECT id FROM customer WHERE phone = %s", "040 0000 042") == 42
        assert value_of(session, "SELECT phone_decrypt(phone) FROM customer WHERE id = 42") == mobile(42)
        assert value_of(session, "SELECT phone_original(others[2]) FROM customer WHERE id = 42") == "0401 000 001 x5"
        assert value_of(session, "SELECT bool_and(phone_verify(phone)) FROM customer") is True
        assert value_of(session, "SELECT count(*) FROM wanted") == 2
        assert value_of(session, "SELECT count(*) FROM same") == ROWS
        assert value_of(session, "SELECT count(*) FROM numbers") == ROWS
        assert value_of(session, "SELECT count(*) FROM by_hash WHERE phone = %s", mobile(7)) == 1
        assert value_of(session, "SELECT count(*) FROM by_list_1 WHERE phone = %s", mobile(1)) == 1
        with pytest.raises(errors.UniqueViolation):
            session.execute("INSERT INTO customer (id, phone) VALUES (%s, %s)", (ROWS, mobile(3)))
        session.execute("INSERT INTO customer (id, phone) VALUES (%s, %s)", (ROWS, mobile(ROWS)))
        assert value_of(session, "SELECT phone_decrypt(work) FROM customer WHERE id = %s", ROWS) == "+61401999999"
        session.execute("UPDATE customer SET phone = %s WHERE phone = %s", (mobile(ROWS + 1), mobile(4)))
        assert value_of(session, "SELECT count(*) FROM call WHERE phone = %s", mobile(ROWS + 1)) == 1


class TestWithoutAKey:
    @pytest.mark.parametrize("how", ["plain", "inserts", "custom", "parallel"])
    def test_restore(self, server, keyless, shop, how):
        database, schema = shop
        target = f"{database}_{how}"
        keyless.set_keys()
        keyless.reload()
        with keyless.connect() as session:
            session.execute(f"CREATE DATABASE {target}")
        if how in ("plain", "inserts"):
            text = server.program("pg_dump", *(["--inserts"] if how == "inserts" else []), database)
            assert not any(mobile(n)[3:] in text for n in range(ROWS))
            keyless.program("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", target, text=text)
        else:
            archive = server.directory / "archive"
            options = ["--format=directory", "-j2"] if how == "parallel" else ["--format=custom"]
            server.program("pg_dump", *options, f"--file={archive}", database)
            jobs = ["-j4"] if how == "parallel" else []
            keyless.program("pg_restore", "--exit-on-error", *jobs, "-d", target, str(archive))
            shutil.rmtree(archive) if archive.is_dir() else archive.unlink()
        with keyless.connect(target) as session:
            assert value_of(session, "SELECT count(*) FROM customer") == ROWS
            assert value_of(session, f"SELECT bool_and({schema}.phone_is_number(phone)) FROM customer") is True
            with pytest.raises(errors.ObjectNotInPrerequisiteState):
                session.execute(f"SELECT {schema}.phone_decrypt(phone) FROM customer")
        keyless.set_keys(K1)
        keyless.reload()
        check(keyless, target, schema)

    def test_under_another_key_nothing_is_found_and_nothing_read(self, server, keyless, shop):
        database, schema = shop
        target = f"{database}_other_key"
        keyless.set_keys(K2)
        keyless.reload()
        with keyless.connect() as session:
            session.execute(f"CREATE DATABASE {target}")
        text = server.program("pg_dump", database)
        keyless.program("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", target, text=text)
        with keyless.connect(target) as session:
            session.execute(f"SET search_path = public, {schema}")
            query = "SELECT count(*) FROM customer WHERE phone = %s"
            assert value_of(session, query, mobile(42)) == 0
            with pytest.raises(errors.ObjectNotInPrerequisiteState):
                session.execute("SELECT phone_decrypt(phone) FROM customer")
            assert value_of(session, "SELECT DISTINCT phone_hash_key_id(phone) FROM customer") == "a915ee2b"


def test_a_restoring_role_needs_the_profile_and_no_more(server, shop):
    database, schema = shop
    with server.connect(database) as session:
        session.execute(f"SET search_path = public, {schema}")
        session.execute("DROP ROLE IF EXISTS typed_restorer; CREATE ROLE typed_restorer LOGIN")
        session.execute("CREATE TABLE restored (phone encrypted_phone); ALTER TABLE restored OWNER TO typed_restorer")
        value = value_of(session, "SELECT phone::text FROM customer WHERE id = 42")
    with server.connect(database, user="typed_restorer") as restorer:
        with pytest.raises(errors.InsufficientPrivilege):
            restorer.execute("INSERT INTO restored VALUES (%s)", (value,))
        with server.connect(database) as session:
            session.execute(f"SELECT {schema}.phone_crypt_grant('typed_restorer', 'restore')")
        restorer.execute("INSERT INTO restored VALUES (%s)", (value,))
        with pytest.raises(errors.InsufficientPrivilege):
            restorer.execute("INSERT INTO restored VALUES (%s)", (mobile(42),))
    with server.connect(database) as session:
        session.execute("DROP OWNED BY typed_restorer; DROP ROLE typed_restorer")


