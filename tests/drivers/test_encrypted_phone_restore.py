"""Restores in pieces and into other places: the table first and its rows later, another database, another schema, a template,
an older backup. Writes and look-ups go on in each."""

import shutil

import pytest
from samples import K1, K1_ID, K2, K2_ID, mobile
from server import running, value_of

ROWS = 300

SCHEMA = f"""
    CREATE TABLE customer (
        id    int PRIMARY KEY,
        phone encrypted_phone NOT NULL UNIQUE CHECK (phone_require_number(phone)),
        other encrypted_phone[]
    );
    CREATE INDEX customer_other ON customer USING gin (other);
    CREATE TABLE call (id int, phone encrypted_phone REFERENCES customer (phone) ON UPDATE CASCADE);
    CREATE TABLE part (phone encrypted_phone) PARTITION BY HASH (phone);
    CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE part_1 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    CREATE TABLE account (id int, email encrypted_email NOT NULL UNIQUE CHECK (email_require_address(email)));
    SELECT phone_column_policy('customer', 'phone', 'delete');
"""
FILL = f"""
    INSERT INTO customer SELECT n, '040' || lpad(n::text, 7, '0'), ARRAY['0401 000 001 x5'] FROM generate_series(0, {ROWS} - 1) AS n;
    INSERT INTO call SELECT id, phone FROM customer WHERE id < 10;
    INSERT INTO part SELECT phone FROM customer;
    INSERT INTO account SELECT id, 'User' || id || '@EXAMPLE.com' FROM customer;
"""


@pytest.fixture(scope="module")
def shop(server):
    name = server.create_database("typed_shop")
    with server.connect(name) as session:
        session.execute(SCHEMA)
        session.execute(FILL)
    return name


@pytest.fixture(scope="module")
def keyless():
    """A server without keys until a test gives it some."""
    with running([]) as server:
        yield server


@pytest.fixture
def target(keyless, request):
    """A new database there, without the extension."""
    keyless.set_keys()
    keyless.reload()
    name = f"target_{abs(hash(request.node.name))}"
    with keyless.connect() as session:
        session.execute(f"CREATE DATABASE {name}")
    return name


def give_key(server):
    server.set_keys(K1)
    server.reload()


def psql(server, database, text):
    server.program("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, text=text)


def check(server, database, schema="public"):
    """Look-ups go by index, and writes go on, under all constraints."""
    with server.connect(database) as session:
        session.execute(f"SET search_path = public, {schema}")
        session.execute("ANALYZE")
        query = "SELECT id FROM customer WHERE phone = %s"
        plan = "\n".join(line for (line,) in session.execute(f"EXPLAIN {query}", (mobile(42),)))
        assert "customer_phone_key" in plan, plan
        assert value_of(session, query, "(04) 00 000 042") == 42
        assert value_of(session, "SELECT phone_decrypt(phone) FROM customer WHERE id = 42") == mobile(42)
        assert value_of(session, "SELECT count(*) FROM customer WHERE other @> %s", ["0401 000 001"]) == ROWS
        assert value_of(session, "SELECT count(*) FROM part WHERE phone = %s", mobile(7)) == 1
        assert value_of(session, "SELECT id FROM account WHERE email = %s", "User42@Example.com") == 42
        assert value_of(session, "SELECT email_decrypt(email) FROM account WHERE id = 42") == "User42@example.com"
        assert value_of(session, "SELECT bool_and(email_verify(email)) FROM account") is True
        assert value_of(session, "SELECT bool_and(phone_verify(phone)) FROM customer") is True
        upsert = "INSERT INTO customer VALUES (%s, %s) ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id"
        assert value_of(session, upsert, ROWS, mobile(42)) == ROWS
        session.execute("UPDATE customer SET phone = %s WHERE phone = %s", (mobile(ROWS), mobile(5)))
        assert value_of(session, "SELECT id FROM call WHERE phone = %s", mobile(ROWS)) == 5
        session.execute("INSERT INTO part VALUES (%s)", (mobile(ROWS),))
        assert value_of(session, "SELECT count(*) FROM phone_crypt.encrypted_columns WHERE on_forget = 'delete'") == 1


class TestInPieces:
    @pytest.mark.parametrize("how", [[], ["--inserts"], ["--load-via-partition-root"], ["--disable-triggers"]])
    def test_the_tables_first_and_then_their_rows(self, server, keyless, shop, target, how):
        psql(keyless, target, server.program("pg_dump", "--schema-only", shop))
        data = server.program("pg_dump", "--data-only", *how, shop)
        assert not any(mobile(n)[3:] in data for n in range(ROWS))
        psql(keyless, target, data)
        give_key(keyless)
        check(keyless, target)

    def test_rows_are_written_between_the_two(self, server, keyless, shop, target):
        psql(keyless, target, server.program("pg_dump", "--schema-only", shop))
        give_key(keyless)
        with keyless.connect(target) as session:
            session.execute("INSERT INTO customer VALUES (-1, %s)", (mobile(ROWS + 1),))
        psql(keyless, target, server.program("pg_dump", "--data-only", "--table=customer", "--table=account", "--table=call", "--table=part*", shop))
        with keyless.connect(target) as session:
            assert value_of(session, "SELECT id FROM customer WHERE phone = %s", mobile(ROWS + 1)) == -1
            session.execute("DELETE FROM customer WHERE id = -1")
        check(keyless, target)

    def test_section_by_section_in_parallel_and_unverified(self, server, keyless, shop, target):
        archive = server.directory / "sections"
        server.program("pg_dump", "--format=directory", "-j2", f"--file={archive}", shop)
        give_key(keyless)
        with keyless.connect() as session:
            session.execute(f"ALTER DATABASE {target} SET phone_crypt.verify_input = off")
        for section in ("pre-data", "data", "post-data"):
            keyless.program("pg_restore", "--exit-on-error", "-j3", f"--section={section}", "-d", target, str(archive))
        shutil.rmtree(archive)
        with keyless.connect(target) as session:
            assert value_of(session, "SHOW phone_crypt.verify_input") == "off"
            for column in ("phone", "other"):
                session.execute("CALL phone_verify_column('customer', %s)", (column,))
        check(keyless, target)

    def test_one_table_alone_where_the_extension_is_in_another_schema(self, server, keyless, shop, target):
        """pg_dump of a table has no extension, and its rows say nothing of where the type is."""
        give_key(keyless)
        with keyless.connect(target) as session:
            session.execute("CREATE SCHEMA crypt; CREATE EXTENSION phone_crypt SCHEMA crypt; SET search_path = public, crypt")
            session.execute(SCHEMA.replace("phone_column_policy", "crypt.phone_column_policy"))
        psql(keyless, target, server.program("pg_dump", "--data-only", "--table=public.*", shop))
        check(keyless, target, "crypt")


class TestUnderAnotherName:
    def test_a_database_made_from_a_template(self, server, shop):
        with server.connect() as session:
            session.execute(f"CREATE DATABASE typed_copy TEMPLATE {shop}")
        check(server, "typed_copy")

    def test_a_table_and_column_that_were_renamed(self, server, shop):
        """What hangs on the column goes by oid."""
        with server.connect() as session:
            session.execute(f"CREATE DATABASE typed_renamed TEMPLATE {shop}")
        with server.connect("typed_renamed") as session:
            session.execute("ALTER TABLE customer RENAME TO client; ALTER TABLE client RENAME phone TO number")
            assert value_of(session, "SELECT id FROM client WHERE number = %s", "(04) 00 000 042") == 42
            session.execute("CREATE SCHEMA aside; ALTER TABLE client SET SCHEMA aside; CREATE TABLE customer (phone text)")
            columns = "SELECT relation::text, column_name FROM phone_crypt.encrypted_columns WHERE on_forget = 'delete'"
            assert session.execute(columns).fetchall() == [("aside.client", "number")]
            forgotten = "SELECT rows FROM phone_forget(%s) WHERE object = 'aside.client.number'"
            assert value_of(session, forgotten, mobile(42)) == 1
        # Dumped and restored it still is.
        psql(server, server.create_database("typed_renamed_again"), "DROP EXTENSION phone_crypt")
        psql(server, "typed_renamed_again", server.program("pg_dump", "typed_renamed"))
        with server.connect("typed_renamed_again") as session:
            assert value_of(session, "SELECT id FROM aside.client WHERE number = %s", mobile(43)) == 43
            assert session.execute(columns).fetchall() == [("aside.client", "number")]


def test_an_older_backup_says_which_keys_it_needs(server, keyless, shop, target):
    """Since it was made the hash key has changed: nothing is found by plain text, and everything says why."""
    psql(keyless, target, server.program("pg_dump", shop))
    keyless.set_keys(K2, K1)
    keyless.reload()
    with keyless.connect(target) as session:
        session.execute("DELETE FROM call")
        assert value_of(session, "SELECT count(*) FROM customer WHERE phone = %s", mobile(42)) == 0
        keys = "SELECT key_id, hash_key_id, rows FROM phone_column_keys('customer', 'phone')"
        assert session.execute(keys).fetchall() == [(K1_ID, K1_ID, ROWS)]
        # Nobody is missed whom the law wants forgotten, whichever key his number is compared under.
        session.execute("INSERT INTO customer VALUES (%s, %s)", (ROWS, mobile(42)))
        assert sorted(session.execute(keys).fetchall()) == [(K2_ID, K2_ID, 1), (K1_ID, K1_ID, ROWS)]
        forgotten = "SELECT sum(rows) FROM phone_forget(%s) WHERE object = 'public.customer.phone'"
        assert value_of(session, forgotten, "(04) 00 000 042") == 2
        assert value_of(session, "SELECT bool_and(phone_verify(phone)) FROM customer") is True
        # With the hash key of the backup everything is found again.
        session.execute("SELECT set_config('phone_crypt.hash_key_id', %s, false)", (K1_ID,))
        assert value_of(session, "SELECT id FROM customer WHERE phone = %s", mobile(43)) == 43
