"""The data type through asyncpg, which prepares every statement and learns the types from the server."""

import asyncio

import asyncpg
import pytest
from samples import mobile
from typed_table import ROLE, ROWS, assert_by_index, create, spelling


@pytest.fixture(scope="module", autouse=True)
def customers(server, database):
    create(server, database)


def in_session(server, database, work):
    """Runs `work` with a session of the application's role, in a transaction that is rolled back."""

    async def run():
        session = await asyncpg.connect(host=str(server.directory), port=5432, user=ROLE, database=database)
        try:
            transaction = session.transaction()
            await transaction.start()
            await work(session)
            await transaction.rollback()
        finally:
            await session.close()

    asyncio.run(run())


async def found(session, query, *parameters):
    assert_by_index([line for (line,) in await session.fetch(f"EXPLAIN (COSTS OFF) {query}", *parameters)])
    return sorted(row[0] for row in await session.fetch(query, *parameters))


@pytest.mark.parametrize("query, parameters, expected", [
    ("SELECT id FROM customer WHERE phone = $1", [spelling(7)], [7]),
    ("SELECT id FROM customer WHERE phone = $1::text", [spelling(7)], [7]),
    ("SELECT id FROM customer WHERE phone = $1", ["ask for Bob"], []),
    ("SELECT id FROM customer WHERE phone IN ($1, $2)", [spelling(7), mobile(8)], [7, 8]),
    ("SELECT id FROM customer WHERE phone = ANY($1)", [[spelling(7), mobile(8)]], [7, 8]),
    ("SELECT id FROM customer WHERE phone = ANY($1::text[])", [[spelling(7), mobile(8)]], [7, 8]),
    ("SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered WHERE entered = $1", ["040 0000 005"], [5]),
])
def test_look_ups(server, database, query, parameters, expected):
    async def work(session):
        for _ in range(7):  # the plan becomes a generic one
            assert await found(session, query, *parameters) == expected

    in_session(server, database, work)


def test_writing(server, database):
    async def work(session):
        upsert = "INSERT INTO customer VALUES ($1, $2) ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id"
        assert await session.fetchval(upsert, ROWS, spelling(ROWS)) == ROWS
        assert await session.fetchval(upsert, ROWS + 1, mobile(ROWS)) == ROWS + 1
        await session.executemany("INSERT INTO customer VALUES ($1, $2)", [(n, spelling(n)) for n in range(5000, 5010)])
        shown = await session.fetchval("SELECT phone_decrypt(phone) FROM customer WHERE phone = $1", mobile(5005))
        assert shown == mobile(5005)
        assert (await session.fetchval("SELECT phone FROM customer WHERE id = 7")).startswith("ep:")
        query = "UPDATE customer SET phone = $1 WHERE phone = $2 RETURNING id"
        assert await session.fetchval(query, mobile(6000), spelling(9)) == 9

    in_session(server, database, work)


def test_errors_show_no_number(server, database):
    async def work(session):
        with pytest.raises(asyncpg.CheckViolationError) as raised:
            await session.execute("INSERT INTO customer VALUES ($1, $2)", -2, "4155550123 or 4155550124")
        assert "415555" not in f"{raised.value} {vars(raised.value)}"

    in_session(server, database, work)
