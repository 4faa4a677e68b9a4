"""The data type for addresses through psycopg: text and binary parameters, bound on the server and in the client."""

import psycopg
import pytest
from psycopg import errors
from server import value_of

ROWS = 500
ROLE = "mailer"


@pytest.fixture(scope="module", autouse=True)
def accounts(server, database):
    with server.connect(database) as session:
        session.execute("CREATE TABLE account (id int PRIMARY KEY, email encrypted_email UNIQUE)")
        session.execute("INSERT INTO account SELECT n, 'user' || n || '@example.com' FROM generate_series(1, %s) AS n", (ROWS,))
        session.execute("ANALYZE account")
        session.execute(f"CREATE ROLE {ROLE} LOGIN")
        session.execute(f"GRANT ALL ON account TO {ROLE}")
        session.execute(f"SELECT phone_crypt_grant('{ROLE}', 'reader')")


@pytest.fixture(params=["server", "client"])
def application(server, database, request):
    """A session of the application's role, in a transaction that is rolled back."""
    factory = psycopg.ClientCursor if request.param == "client" else psycopg.Cursor
    with server.connect(database, user=ROLE, autocommit=False, cursor_factory=factory) as session:
        session.execute("SET enable_seqscan = off")
        yield session
        session.rollback()


def found(session, query, *parameters):
    """The ids that a look-up gives, which goes through the index."""
    plan = "\n".join(line for (line,) in session.execute(f"EXPLAIN {query}", parameters))
    assert "account_email_key" in plan, plan
    return sorted(row[0] for row in session.execute(query, parameters))


@pytest.mark.parametrize("form", ["%s", "%t", "%b"])
class TestParameters:
    def test_equal(self, application, form):
        query = f"SELECT id FROM account WHERE email = {form}"
        assert found(application, query, "user7@EXAMPLE.com") == [7]
        assert found(application, query, "ask Ann") == []
        assert found(application, query, "") == []

    def test_any(self, application, form):
        query = f"SELECT id FROM account WHERE email = ANY({form})"
        assert found(application, query, ["user7@Example.com", "user8@example.com", ""]) == [7, 8]

    def test_upsert(self, application, form):
        upsert = (
            f"INSERT INTO account VALUES ({form}, {form}) ON CONFLICT (email) DO UPDATE SET id = EXCLUDED.id RETURNING id"
        )
        assert application.execute(upsert, (ROWS + 1, "new@EXAMPLE.com")).fetchone() == (ROWS + 1,)
        assert application.execute(upsert, (ROWS + 2, "new@Example.com")).fetchone() == (ROWS + 2,)
        query = f"SELECT email_decrypt(email) FROM account WHERE email = {form}"
        assert application.execute(query, ("new@example.COM",)).fetchall() == [("new@example.com",)]

    def test_a_stored_value_is_not_input(self, application, form):
        stored = value_of(application, "SELECT email FROM account WHERE id = 1")
        assert stored.startswith("ee:")
        with pytest.raises(errors.InsufficientPrivilege):
            application.execute(f"UPDATE account SET email = {form} WHERE id = 2", (stored,))


def test_binary_there_and_back(server, database):
    with server.connect(database) as session:
        session.execute("CREATE TABLE copied (LIKE account INCLUDING ALL)")
        with session.cursor() as out, session.cursor() as into:
            with out.copy("COPY account TO STDOUT (FORMAT binary)") as rows:
                data = b"".join(bytes(part) for part in rows)
            with into.copy("COPY copied FROM STDIN (FORMAT binary)") as rows:
                rows.write(data)
        assert value_of(session, "SELECT count(*) FROM copied JOIN account USING (id, email)") == ROWS
        session.execute("CREATE TABLE other (id int, phone encrypted_phone)")
        with pytest.raises(errors.InvalidTextRepresentation), session.cursor() as into:
            with into.copy("COPY other FROM STDIN (FORMAT binary)") as rows:
                rows.write(data)
