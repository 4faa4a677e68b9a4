"""The data type through psycopg: text and binary parameters, bound on the server and in the client."""

import re

import psycopg
import pytest
from psycopg import errors
from samples import AU, mobile
from server import value_of
from typed_table import ROLE, ROWS, assert_by_index, create, spelling


@pytest.fixture(scope="module", autouse=True)
def customers(server, database):
    create(server, database)


@pytest.fixture(params=["server", "client"])
def application(server, database, request):
    """A session of the application's role, in a transaction that is rolled back."""
    factory = psycopg.ClientCursor if request.param == "client" else psycopg.Cursor
    with server.connect(database, user=ROLE, autocommit=False, cursor_factory=factory) as session:
        yield session
        session.rollback()


def plan(session, query, parameters, **options):
    return [line for (line,) in session.execute(f"EXPLAIN (COSTS OFF) {query}", parameters, **options)]


def found(session, query, *parameters, **options):
    """The ids that a look-up gives, which goes through the index."""
    assert_by_index(plan(session, query, parameters, **options))
    return sorted(row[0] for row in session.execute(query, parameters, **options))


@pytest.mark.parametrize("form", ["%s", "%t", "%b"])
class TestParameters:
    def test_equal(self, application, form):
        assert found(application, f"SELECT id FROM customer WHERE phone = {form}", spelling(7)) == [7]
        assert found(application, f"SELECT id FROM customer WHERE phone = {form}", mobile(7)) == [7]
        assert found(application, f"SELECT id FROM customer WHERE phone = {form}", "ask for Bob") == []
        assert found(application, f"SELECT id FROM customer WHERE phone = {form}", "") == []

    def test_in(self, application, form):
        query = f"SELECT id FROM customer WHERE phone IN ({form}, {form})"
        assert found(application, query, spelling(7), mobile(8)) == [7, 8]

    def test_any(self, application, form):
        query = f"SELECT id FROM customer WHERE phone = ANY({form})"
        assert found(application, query, [spelling(7), mobile(8), "ask for Bob"]) == [7, 8]

    def test_insert_and_upsert(self, application, form):
        upsert = (
            f"INSERT INTO customer VALUES ({form}, {form}) ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id"
        )
        assert application.execute(upsert, (ROWS, spelling(ROWS))).fetchone() == (ROWS,)
        assert application.execute(upsert, (ROWS + 1, mobile(ROWS))).fetchone() == (ROWS + 1,)
        query = f"SELECT phone_decrypt(phone) FROM customer WHERE phone = {form}"
        assert application.execute(query, (spelling(ROWS),)).fetchall() == [(mobile(ROWS),)]

    def test_update_and_delete(self, application, form):
        query = f"UPDATE customer SET phone = {form} WHERE phone = {form} RETURNING id"
        assert application.execute(query, (mobile(ROWS), spelling(9))).fetchall() == [(9,)]
        query = f"DELETE FROM customer WHERE phone = {form} RETURNING id"
        assert application.execute(query, (spelling(ROWS),)).fetchall() == [(9,)]

    def test_null(self, application, form):
        application.execute(f"INSERT INTO customer VALUES (-1, {form}::text)", (None,))
        assert application.execute("SELECT phone FROM customer WHERE id = -1").fetchone() == (None,)


def test_join_on_typed_text(application):
    query = "SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered"
    assert found(application, query) == [5, 6]
    query = "SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered WHERE entered = %s"
    assert found(application, query, "040 0000 005") == [5]


def test_prepared(application):
    query = "SELECT id FROM customer WHERE phone = %s"
    for n in range(20):
        assert found(application, query, spelling(n), prepare=True) == [n]


def test_many_at_once(application):
    with application.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO customer VALUES (%s, %s) ON CONFLICT (phone) DO NOTHING",
            [(n, spelling(n)) for n in range(ROWS - 10, ROWS + 10)],
        )
    assert value_of(application, "SELECT count(*) FROM customer") == ROWS + 10


@pytest.mark.parametrize("options", ["", "(FORMAT csv)"])
def test_copy_in_and_out(application, options):
    separator = "," if options else "\t"
    with application.cursor() as cursor:
        with cursor.copy(f"COPY customer FROM STDIN {options}") as copy:
            copy.write(f"{ROWS}{separator}{spelling(ROWS)}\n")
        assert value_of(application, "SELECT phone_decrypt(phone) FROM customer WHERE id = %s", ROWS) == mobile(ROWS)
        with cursor.copy(f"COPY customer TO STDOUT {options}") as copy:
            lines = [bytes(line).decode() for line in copy]
    assert len(lines) == ROWS + 1
    assert all(line.split(separator)[1].startswith("ep:") for line in lines)


def test_binary_copy_needs_the_right_to_restore(server, database, application):
    with application.cursor() as cursor, cursor.copy("COPY customer TO STDOUT (FORMAT binary)") as copy:
        data = b"".join(bytes(block) for block in copy)
    with pytest.raises(errors.InsufficientPrivilege), application.cursor() as cursor:
        with cursor.copy("COPY customer FROM STDIN (FORMAT binary)") as copy:
            copy.write(data)
    with server.connect(database, autocommit=False) as session:
        session.execute("TRUNCATE customer")
        with session.cursor().copy("COPY customer FROM STDIN (FORMAT binary)") as copy:
            copy.write(data)
        assert value_of(session, "SELECT count(*) FROM customer WHERE phone = %s", spelling(3)) == 1
        session.rollback()


@pytest.mark.parametrize("binary", [False, True])
def test_what_is_selected_is_no_number(server, database, binary):
    with server.connect(database, user=ROLE) as session:
        (value,) = session.execute("SELECT phone FROM customer WHERE id = 7", binary=binary).fetchone()
        assert value.startswith(b"\x01\x01") if binary else re.fullmatch("ep:[a-p]+", value)
        shown = session.execute("SELECT phone_show(phone) FROM customer WHERE id = 7", binary=binary).fetchone()
        assert shown == (mobile(7),)


def test_a_selected_value_cannot_be_given_back(application):
    (value,) = application.execute("SELECT phone FROM customer WHERE id = 7").fetchone()
    with pytest.raises(errors.InsufficientPrivilege):
        application.execute("INSERT INTO customer VALUES (%s, %s)", (ROWS, value))


def test_errors_show_no_number(application, server):
    for statement, error in [
        ("INSERT INTO customer VALUES (-2, %s)", errors.CheckViolation),
        ("SELECT phone_hash(%s::encrypted_phone)", errors.InvalidParameterValue),
    ]:
        with pytest.raises(error) as raised:
            application.execute(statement, ("4155550123 or 4155550124",))
        diagnostic = raised.value.diag
        texts = [diagnostic.message_primary, diagnostic.message_detail, diagnostic.message_hint, diagnostic.context]
        assert not any("415555" in (text or "") for text in texts)
        application.rollback()
    with pytest.raises(errors.CheckViolation), application.cursor() as cursor:
        with cursor.copy("COPY customer FROM STDIN") as copy:
            copy.write("-3\t4155550123 or 4155550124\n")
    application.rollback()
    errors_logged = [line for line in server.log().splitlines() if "CONTEXT" in line]
    assert not any("415555" in line for line in errors_logged)


def test_application_shows_numbers_before_and_after_a_conversion(application):
    assert value_of(application, "SELECT phone_show(%s::text)", AU) == AU


def test_faulty_values_can_be_skipped(server, database):
    with server.connect(database, autocommit=False) as session:
        if session.info.server_version < 160000:
            with pytest.raises(errors.InvalidTextRepresentation):
                session.execute("SELECT 'ep:x'::encrypted_phone")
            return
        assert value_of(session, "SELECT pg_input_is_valid('ep:x', 'encrypted_phone')") is False
        assert value_of(session, "SELECT pg_input_is_valid('0401 148 075', 'encrypted_phone')") is True
        query = "SELECT sql_error_code FROM pg_input_error_info('ep:x', 'encrypted_phone')"
        assert value_of(session, query) == "22P02"
        if session.info.server_version < 170000:
            return
        with session.cursor().copy("COPY customer FROM STDIN (ON_ERROR ignore)") as copy:
            copy.write(f"{ROWS}\tep:x\n{ROWS + 1}\t{spelling(ROWS + 1)}\n")
        assert value_of(session, "SELECT count(*) FROM customer WHERE id >= %s", ROWS) == 1
        session.rollback()
