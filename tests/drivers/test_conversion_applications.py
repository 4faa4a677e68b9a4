"""Applications that insert, upsert and look up while their column is converted, through prepared statements that stay
the same. Only one that returns the column itself fails, once: its result has another type."""

import asyncio
import os
import re
import subprocess
import threading

import asyncpg
import pytest
from conversion_table import CONVERT, DROP, ROWS, create, entered, state_of
from psycopg import errors
from samples import mobile
from server import PATIENCE_SECONDS, value_of, wait_until
from typed_table import spelling

ROLE = "converting_application"

INSERT = "INSERT INTO customer (id, phone, note) VALUES ({}, {}, 'new')"
UPSERT = (
    "INSERT INTO customer (id, phone, note) VALUES ({}, {}, 'new')"
    " ON CONFLICT (phone) DO UPDATE SET note = 'again' RETURNING id"
)
LOOK_UP = "SELECT id FROM customer WHERE phone = {}"
SHOW = "SELECT phone_show(phone) FROM customer WHERE id = {}"
RETURN = "SELECT id, phone FROM customer WHERE id = {}"


@pytest.fixture
def database(server, request):
    """A new database for each test, whose application may read and write."""
    name = "converting_" + re.sub(r"\W+", "_", request.node.name)
    server.create_database(name)
    with server.connect(name) as session:
        create(session)
        session.execute(
            f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;"
            f"SELECT phone_crypt_grant('{ROLE}', 'reader');"
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON customer TO {ROLE}"
        )
    return name


class Conversion(threading.Thread):
    """The conversion and the drop, in a session of their own. A reader's snapshot keeps it from the swap until released,
    so that the application works in each of the states."""

    def __init__(self, server, database):
        super().__init__()
        self.session = server.connect(database)
        self.reader = server.connect(database, autocommit=False)
        self.reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self.reader.execute("SELECT count(*) FROM pg_class")
        self.watcher = server.connect(database)
        self.failure = None

    def run(self):
        try:
            self.session.execute(CONVERT)
        except Exception as error:  # looked at by finish()
            self.failure = error

    def wait_until_filling(self):
        wait_until("the column is filled", lambda: state_of(self.watcher) == "filling")

    def finish(self):
        self.reader.rollback()
        self.join(PATIENCE_SECONDS)
        assert not self.is_alive() and self.failure is None, self.failure
        assert state_of(self.watcher) == "swapped"

    def drop(self):
        self.session.execute(DROP)

    def check_rows(self, written):
        """Every row that was there, and those the application wrote, has its number."""
        expected = {n: mobile(n) for n in range(ROWS)} | {4: "ask for Bob"} | {n: mobile(n) for n in written}
        assert dict(self.watcher.execute("SELECT id, phone_show(phone) FROM customer").fetchall()) == expected

    def close(self):
        for session in (self.session, self.reader, self.watcher):
            session.close()


@pytest.fixture
def conversion(server, database):
    conversion = Conversion(server, database)
    yield conversion
    conversion.close()


@pytest.mark.parametrize("form", ["%s", "%b"], ids=["text", "binary"])
def test_psycopg(server, database, conversion, form):
    written = []

    def work(session, times=3):
        for _ in range(times):
            n = ROWS + len(written)
            written.append(n)
            session.execute(INSERT.format("%s", form), (n, mobile(n)))
            assert session.execute(UPSERT.format("%s", form), (n + 9000, mobile(n))).fetchone() == (n,)
            assert session.execute(LOOK_UP.format(form), (mobile(n),)).fetchone() == (n,)
            assert session.execute(LOOK_UP.format(form), (mobile(7),)).fetchone() == (7,)
            assert session.execute(SHOW.format("%s"), (7,)).fetchone() == (mobile(7),)

    with server.connect(database, user=ROLE) as session:
        session.prepare_threshold = 0
        work(session, 7)  # the plans become generic ones
        assert session.execute(RETURN.format("%s"), (7,)).fetchone() == (7, mobile(7))
        conversion.start()
        conversion.wait_until_filling()
        work(session)
        conversion.finish()
        work(session)
        assert session.execute(LOOK_UP.format(form), (spelling(8),)).fetchone() == (8,)
        with pytest.raises(errors.FeatureNotSupported, match="cached plan must not change result type"):
            session.execute(RETURN.format("%s"), (7,))
        session.execute("DEALLOCATE ALL")
        session.prepare_threshold = None
        assert session.execute(RETURN.format("%s"), (7,)).fetchone()[1].startswith("ep:")
        session.prepare_threshold = 0
        work(session)
        conversion.drop()
        work(session)
    conversion.check_rows(written)


def test_asyncpg(server, database, conversion):
    written = []

    async def work(session, times=3):
        for _ in range(times):
            n = ROWS + len(written)
            written.append(n)
            await session.execute(INSERT.format("$1", "$2"), n, mobile(n))
            assert await session.fetchval(UPSERT.format("$1", "$2"), n + 9000, mobile(n)) == n
            assert await session.fetchval(LOOK_UP.format("$1"), mobile(n)) == n
            assert await session.fetchval(LOOK_UP.format("$1"), mobile(7)) == 7
            assert await session.fetchval(SHOW.format("$1"), 7) == mobile(7)

    async def run():
        session = await asyncpg.connect(host=str(server.directory), port=5432, user=ROLE, database=database)
        try:
            await work(session, 7)
            assert await session.fetchval("SELECT phone FROM customer WHERE id = $1", 7) == mobile(7)
            conversion.start()
            await asyncio.to_thread(conversion.wait_until_filling)
            await work(session)
            await asyncio.to_thread(conversion.finish)
            await work(session)
            # It prepares a statement again whose result has another type.
            assert (await session.fetchval("SELECT phone FROM customer WHERE id = $1", 7)).startswith("ep:")
            await asyncio.to_thread(conversion.drop)
            await work(session)
            assert await session.fetchval(LOOK_UP.format("$1"), spelling(8)) == 8
        finally:
            await session.close()

    asyncio.run(run())
    conversion.check_rows(written)


def test_node(server, database, conversion, node_modules):
    environment = os.environ | {"PGHOST": str(server.directory), "PGPORT": "5432", "PGUSER": ROLE, "PGDATABASE": database}
    written = []
    with subprocess.Popen(
        ["node", "conversion.js"], cwd=node_modules, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as node:

        def work(times=3, returns="nothing"):
            first = ROWS + len(written)
            written.extend(range(first, first + times))
            node.stdin.write(f"{first} {times} {returns}\n")
            node.stdin.flush()
            answer = node.stdout.readline().strip()
            assert answer == "ok", answer or node.stderr.read()

        work(7, returns="text")
        conversion.start()
        conversion.wait_until_filling()
        work()
        conversion.finish()
        work(returns="0A000")
        conversion.drop()
        work()
        node.stdin.close()
        assert node.wait(PATIENCE_SECONDS) == 0
    conversion.check_rows(written)
    assert value_of(conversion.watcher, LOOK_UP.format("%s"), entered(5)) == 5
