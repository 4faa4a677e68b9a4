"""The data type through PgBouncer in transaction mode, where a session of the server serves one client after another."""

import os
import subprocess

import pytest
from pgbouncer import PORT, SERVER_SESSIONS, connect, pooling
from psycopg import errors
from samples import mobile
from server import PATIENCE_SECONDS, value_of
from typed_table import ROLE, ROWS, assert_by_index, create, spelling

FIND = "SELECT id, phone_show(phone) FROM customer WHERE phone = %s"
UPSERT = "INSERT INTO customer VALUES (%s, %s) ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id"
CLIENTS = 3 * SERVER_SESSIONS


@pytest.fixture(scope="module", autouse=True)
def customers(server, database):
    create(server, database)
    with server.connect(database) as session:
        session.execute(f"CREATE ROLE no_reader; GRANT no_reader TO {ROLE}; GRANT SELECT ON customer TO no_reader")


@pytest.fixture(scope="module", params=[0, 50], ids=["unprepared", "prepared"])
def pooler(server, database, request):
    """Where it listens, and whether it keeps prepared statements."""
    with pooling(server, database, ROLE, request.param) as directory:
        yield directory, request.param > 0


@pytest.fixture
def clients(pooler, database):
    """Clients, more than there are sessions of the server."""
    directory, prepares = pooler
    # Without them in PgBouncer, none may be made: they would stay behind in a session that another client gets.
    threshold = 0 if prepares else None
    sessions = [connect(directory, database, ROLE, prepare_threshold=threshold) for _ in range(CLIENTS)]
    yield sessions
    for session in sessions:
        session.close()


def test_sessions_are_shared(clients):
    pids = {value_of(client, "SELECT pg_backend_pid()") for _ in range(5) for client in clients}
    assert len(pids) <= SERVER_SESSIONS


def test_look_ups_by_index(clients):
    for query, parameters, expected in [
        ("SELECT id FROM customer WHERE phone = %s", [spelling(7)], [7]),
        ("SELECT id FROM customer WHERE phone = %s", ["ask for Bob"], []),
        ("SELECT id FROM customer WHERE phone IN (%s, %s)", [spelling(7), mobile(8)], [7, 8]),
        ("SELECT id FROM customer WHERE phone = ANY(%s)", [[spelling(7), mobile(8)]], [7, 8]),
        ("SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered WHERE entered = %s", ["040 0000 005"], [5]),
    ]:
        for client in clients:
            assert_by_index([line for (line,) in client.execute(f"EXPLAIN (COSTS OFF) {query}", parameters)])
        for _ in range(7):
            for client in clients:
                assert sorted(id for (id,) in client.execute(query, parameters)) == expected


def test_writes_in_interleaved_transactions(clients):
    first, second = clients[:2]
    with first.transaction(force_rollback=True), second.transaction(force_rollback=True):
        for n in range(ROWS, ROWS + 10):
            writer, reader = (first, second) if n % 2 else (second, first)
            assert writer.execute(UPSERT, (n, spelling(n))).fetchone() == (n,)
            assert writer.execute(UPSERT, (n + 100, mobile(n))).fetchone() == (n + 100,)
            assert writer.execute(FIND, (spelling(n),)).fetchone() == (n + 100, mobile(n))
            assert reader.execute(FIND, (spelling(n),)).fetchone() is None


def test_copy(clients):
    with clients[0].transaction(force_rollback=True), clients[0].cursor() as cursor:
        with cursor.copy("COPY customer FROM STDIN") as copy:
            copy.write_row((ROWS, spelling(ROWS)))
        assert clients[0].execute(FIND, (mobile(ROWS),)).fetchone() == (ROWS, mobile(ROWS))


def test_a_right_is_asked_of_each_client_anew(clients):
    """A session, and a statement prepared in it, goes from a role that may compare to one that may not, and back."""
    query = "SELECT id FROM customer WHERE phone = %s"
    for client in clients:
        with pytest.raises(errors.InsufficientPrivilege), client.transaction():
            client.execute("SET LOCAL ROLE no_reader")
            client.execute(query, (spelling(7),))
        for other in clients:
            assert value_of(other, query, spelling(7)) == 7


def test_node(server, database, pooler, node_modules):
    directory, prepares = pooler
    environment = os.environ | {"PGHOST": str(directory), "PGPORT": str(PORT), "PGUSER": ROLE, "PGDATABASE": database}
    done = subprocess.run(
        ["node", "pooled.js", str(ROWS), "named" if prepares else "unnamed"],
        cwd=node_modules, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )
    assert (done.stdout.strip(), done.returncode) == ("ok", 0), done.stderr
