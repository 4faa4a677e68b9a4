"""The data type through SQLAlchemy: with columns of any declared type, over psycopg and asyncpg, and as a mapped class."""

import asyncio

import pytest
from samples import mobile
from sqlalchemy import ARRAY, URL, Column, Integer, MetaData, Table, Text
from sqlalchemy import any_, event, func, insert, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType
from sqlalchemy_customer import Base, Customer, EncryptedPhone, engine_for, find, sign_up
from typed_table import ROLE, ROWS, assert_by_index, create, spelling

NO_NUMBER = "4155550123 or 4155550124"


@pytest.fixture(scope="module", autouse=True)
def customers(server, database):
    create(server, database)
    with server.connect(database) as session:
        session.execute("ALTER TABLE customer ADD note text")


@pytest.fixture
def url(server, database):
    """Where the database is, for a driver yet to be named."""
    return URL.create("postgresql", ROLE, database=database, query={"host": str(server.directory), "port": "5432"})


@pytest.fixture
def engine(url):
    engine = engine_for(url.set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    """A session of the mapped class, in a transaction that is rolled back."""
    with Session(engine) as session:
        yield session


def explain_on_demand(engine):
    """Statements with the execution option `explain` are explained instead, as the driver gets them."""

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def explain(connection, cursor, statement, parameters, context, executemany):
        wanted = context.execution_options.get("explain")
        return (f"EXPLAIN (COSTS OFF) {statement}" if wanted else statement), parameters


def found(connection, query):
    """The ids that a look-up gives, which goes through the index."""
    assert_by_index([row[0] for row in connection.execute(query, execution_options={"explain": True})])
    return sorted(connection.execute(query).scalars())


def look_ups_and_writes(connection, phone_type):
    # The cache of compiled statements is the engine's; a table of its own keeps the types apart.
    metadata = MetaData()
    customer = Table("customer", metadata, Column("id", Integer), Column("phone", phone_type))
    typed = Table("typed", metadata, Column("entered", Text))
    query = select(customer.c.id)
    for n in range(8):  # the driver prepares it, and the plan becomes a generic one
        assert found(connection, query.where(customer.c.phone == spelling(n))) == [n]
    assert found(connection, query.where(customer.c.phone == mobile(7))) == [7]
    assert found(connection, query.where(customer.c.phone == "ask for Bob")) == []
    assert found(connection, query.where(customer.c.phone.in_([spelling(7), mobile(8)]))) == [7, 8]
    for element in (Text, EncryptedPhone):
        numbers = literal([spelling(7), mobile(8)], ARRAY(element))
        assert found(connection, query.where(customer.c.phone == any_(numbers))) == [7, 8]
    assert found(connection, query.join(typed, typed.c.entered == customer.c.phone)) == [5, 6]

    upsert = postgresql.insert(customer).returning(customer.c.id)
    upsert = upsert.on_conflict_do_update(index_elements=["phone"], set_={"id": upsert.excluded.id})
    assert connection.scalar(upsert.values(id=ROWS, phone=spelling(ROWS))) == ROWS
    assert connection.scalar(upsert.values(id=ROWS + 1, phone=mobile(ROWS))) == ROWS + 1
    connection.execute(insert(customer), [{"id": n, "phone": spelling(n)} for n in range(5000, 5010)])
    assert found(connection, query.where(customer.c.phone == mobile(5009))) == [5009]
    query = select(customer.c.phone, func.phone_show(customer.c.phone)).where(customer.c.phone == spelling(5003))
    stored, shown = connection.execute(query).one()
    assert stored.startswith("ep:") and shown == mobile(5003)
    change = customer.update().where(customer.c.phone == spelling(9)).values(phone=mobile(6000)).returning(customer.c.id)
    assert connection.scalar(change) == 9


@pytest.mark.parametrize("phone_type", [NullType(), Text(), EncryptedPhone()], ids=["untyped", "text", "typed"])
class TestCore:
    def test_psycopg(self, engine, phone_type):
        explain_on_demand(engine)
        with engine.connect() as connection:
            look_ups_and_writes(connection, phone_type)

    def test_asyncpg(self, url, phone_type):
        async def run():
            engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), hide_parameters=True)
            explain_on_demand(engine.sync_engine)
            async with engine.connect() as connection:
                await connection.run_sync(look_ups_and_writes, phone_type)
            await engine.dispose()

        asyncio.run(run())


class TestMappedClass:
    def test_finding_and_showing(self, session):
        customer = find(session, spelling(7))
        assert (customer.id, customer.shown) == (7, mobile(7))
        assert customer.phone.startswith("ep:")
        assert find(session, "ask for Bob") is None

    def test_signing_up_twice(self, session):
        assert sign_up(session, ROWS, spelling(ROWS)) == ROWS
        assert sign_up(session, ROWS + 1, mobile(ROWS)) == ROWS
        assert find(session, spelling(ROWS)).note == "again"

    def test_what_was_loaded_can_be_changed_and_saved(self, session):
        customer = find(session, spelling(7))
        customer.note = "called back"
        session.flush()  # writes only what was changed
        customer.phone = mobile(ROWS)
        session.flush()
        session.expire(customer)
        assert find(session, spelling(ROWS)).note == "called back"

    def test_a_loaded_value_cannot_be_written(self, session):
        loaded = find(session, spelling(7)).phone
        session.add(Customer(id=ROWS, phone=loaded))
        with pytest.raises(ProgrammingError) as raised:
            session.flush()
        assert raised.value.orig.sqlstate == "42501"

    @pytest.mark.parametrize("hidden", [True, False])
    def test_errors_and_logs_show_numbers_unless_parameters_are_hidden(self, engine, hidden, caplog):
        engine.hide_parameters, engine.echo = hidden, True
        with Session(engine) as session, pytest.raises(IntegrityError) as raised:
            session.add(Customer(id=ROWS, phone=NO_NUMBER))
            session.flush()
        assert (NO_NUMBER in str(raised.value)) is not hidden
        assert "INSERT INTO customer" in caplog.text
        assert (NO_NUMBER in caplog.text) is not hidden

    def test_the_table_is_made_as_declared(self, server, url):
        database = server.create_database("declared")
        engine = engine_for(url.set(drivername="postgresql+psycopg", username="postgres", database=database))
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            assert sign_up(session, 1, spelling(1)) == 1
            assert find(session, mobile(1)).shown == mobile(1)
        engine.dispose()
