"""A conversion in a dump, on the publishing side of logical replication, and beside a VACUUM."""

import shutil
import threading

import pytest
from conversion_table import CONVERT, DROP, ROWS, STATES, bring_to, check_finishes, create, state_of
from psycopg import errors
from samples import K1, mobile
from server import running, value_of, wait_until
from typed_table import spelling

WAYS = ["plain", "column_inserts", "custom", "parallel", "data_only"]


@pytest.fixture(scope="module", params=STATES)
def shop(server, request):
    """A database in a state of the conversion, and that state."""
    name = server.create_database(f"conversion_{request.param}")
    with server.connect(name) as session:
        create(session)
        bring_to(session, request.param)
    return name, request.param


@pytest.fixture(scope="module")
def other():
    """A server that has a key only while a test gives it one."""
    with running([]) as server:
        yield server


def restore(source, database, target_server, target, way):
    """Dumps a database and restores it into a new one."""
    with target_server.connect() as session:
        session.execute(f"DROP DATABASE IF EXISTS {target}")
        session.execute(f"CREATE DATABASE {target}")
    psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", target]
    if way in ("custom", "parallel"):
        archive = source.directory / "archive"
        options = ["--format=directory", "-j2"] if way == "parallel" else ["--format=custom"]
        source.program("pg_dump", *options, f"--file={archive}", database)
        try:
            jobs = ["-j4"] if way == "parallel" else []
            target_server.program("pg_restore", "--exit-on-error", *jobs, "-d", target, str(archive))
        finally:
            shutil.rmtree(archive) if archive.is_dir() else archive.unlink()
        return
    parts = {"plain": [[]], "column_inserts": [["--column-inserts"]], "data_only": [["--schema-only"], ["--data-only"]]}
    for options in parts[way]:
        target_server.program(*psql, text=source.program("pg_dump", *options, database))


class TestDumps:
    @pytest.mark.parametrize("way", WAYS)
    def test_it_goes_on(self, server, shop, way):
        database, state = shop
        target = f"{database}_{way}"
        restore(server, database, server, target, way)
        with server.connect(target) as session:
            assert state_of(session) == state
            check_finishes(session)

    @pytest.mark.parametrize("way", WAYS)
    def test_restored_before_there_is_a_key(self, server, other, shop, way):
        database, state = shop
        target = f"{database}_{way}"
        other.set_keys()
        other.reload()
        if (way, state) == ("data_only", "filling"):
            # The trigger is there before the rows, and would have to encrypt them.
            with pytest.raises(AssertionError, match="contains no key"):
                restore(server, database, other, target, way)
            return
        restore(server, database, other, target, way)
        with other.connect(target) as session:
            assert state_of(session) == state
            assert value_of(session, "SELECT count(*) FROM customer WHERE phone IS NOT NULL") == ROWS
            if state != "prepared":
                with pytest.raises(errors.ObjectNotInPrerequisiteState):
                    session.execute("INSERT INTO customer (id, phone) VALUES (-1, %s)", (mobile(ROWS),))
        other.set_keys(K1)
        other.reload()
        with other.connect(target) as session:
            check_finishes(session)


@pytest.fixture(scope="module")
def publisher():
    with running([K1], "wal_level = logical\n") as server:
        yield server


@pytest.fixture
def subscription(publisher, server, request):
    """Makes a subscription of the target's to a new source with 20 rows; both sessions, and what waits for a row there."""
    name = request.node.name.translate(str.maketrans("[]-", "___")).rstrip("_").lower()[:50]
    source_name, target_name = publisher.create_database(f"{name}_source"), server.create_database(f"{name}_target")
    with publisher.connect(source_name) as source, server.connect(target_name) as target:

        def arrives(condition, *parameters):
            query = f"SELECT EXISTS (SELECT FROM customer WHERE {condition})"
            wait_until(condition, lambda: value_of(target, query, *parameters))

        def subscribe(columns):
            create(source, 20)
            source.execute("CREATE PUBLICATION p FOR TABLE customer")
            target.execute(f"CREATE TABLE customer (id int PRIMARY KEY, note text, {columns})")
            connection = f"host={publisher.directory} port=5432 user=postgres dbname={source_name}"
            target.execute(f"CREATE SUBSCRIPTION {name} CONNECTION '{connection}' PUBLICATION p")
            wait_until("every row arrives", lambda: value_of(target, "SELECT count(*) FROM customer") == 20)
            return source, target, arrives

        try:
            yield subscribe
        finally:
            target.execute(f"DROP SUBSCRIPTION IF EXISTS {name}")


@pytest.mark.parametrize("kind", ["text", "encrypted_phone"])
def test_a_subscriber_with_both_columns(subscription, kind):
    """What was filled before the swap, and what is written after it, arrive under the columns' names of then."""
    source, target, arrives = subscription(f"phone {kind} UNIQUE, phone_encrypted encrypted_phone, phone_plain text")
    source.execute(CONVERT)
    assert state_of(source) == "swapped"
    source.execute("INSERT INTO customer (id, phone) VALUES (20, %s)", (mobile(20),))
    if kind == "text":
        arrives("id = 20 AND phone LIKE 'ep:%%'")
    else:
        arrives("id = 20 AND phone = %s", spelling(20))
        assert value_of(target, "SELECT bool_and(phone_verify(phone)) FROM customer") is True
    assert value_of(target, "SELECT count(phone_encrypted) FROM customer") == 20
    assert value_of(target, "SELECT phone_show(phone_encrypted) FROM customer WHERE id = 5") == mobile(5)
    source.execute(DROP)
    source.execute("UPDATE customer SET phone = %s, note = 'changed' WHERE id = 5", (mobile(21),))
    arrives("id = 5 AND note = 'changed'")


def test_a_subscriber_without_the_added_column_waits_for_it(subscription, server):
    source, target, arrives = subscription("phone encrypted_phone UNIQUE")
    source.execute(CONVERT)
    source.execute("INSERT INTO customer (id, phone) VALUES (20, %s)", (mobile(20),))
    wait_until("changes stop", lambda: 'missing replicated column: "phone_encrypted"' in server.log())
    assert value_of(target, "SELECT count(*) FROM customer") == 20
    target.execute("ALTER TABLE customer ADD phone_encrypted encrypted_phone, ADD phone_plain text")
    arrives("id = 20 AND phone = %s", spelling(20))


def test_a_vacuum_of_another_table_does_not_keep_it_from_the_swap(server):
    """It holds a snapshot for as long as it takes, hours for autovacuum on a large table, and looks up no numbers."""
    database = server.create_database("conversion_vacuum")
    with server.connect(database) as session, server.connect(database) as vacuum:
        create(session, 20)
        session.execute("CREATE TABLE other AS SELECT n, repeat('x', 500) FROM generate_series(1, 20000) AS n")
        session.execute("DELETE FROM other WHERE n % 2 = 0")
        vacuum.execute("SET vacuum_cost_limit = 1; SET vacuum_cost_delay = 100")

        def run():
            with pytest.raises(errors.QueryCanceled):
                vacuum.execute("VACUUM other")

        thread = threading.Thread(target=run)
        thread.start()
        try:
            wait_until("the VACUUM works", lambda: value_of(session, "SELECT count(*) FROM pg_stat_progress_vacuum") == 1)
            session.execute("SET statement_timeout = '20s'")
            session.execute(CONVERT)
            assert state_of(session) == "swapped"
            assert value_of(session, "SELECT count(*) FROM pg_stat_progress_vacuum") == 1
        finally:
            vacuum.cancel()
            thread.join()
