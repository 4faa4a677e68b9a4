"""A reload with other keys while sessions work: prepared statements and held plans follow."""

import psycopg
import pytest
from samples import AU, AU_HASH_K1, AU_HASH_K2, AU_UNDER_K1, AU_UNDER_K2, K1, K1_ID, K2, K2_ID
from server import value_of, wait_until

ENCRYPT = "SELECT phone_encrypt(%s)"
DECRYPT = "SELECT phone_decrypt(%s)"
HASH = "SELECT phone_hash(%s)"
# Nothing to bind: a plan that had worked these out beforehand would go on giving the old answer.
CONSTANTS = f"SELECT phone_hash('{AU}'), phone_hashes('{AU}'), phone_try_decrypt('{AU_UNDER_K1}')"


@pytest.fixture
def prepared(session):
    """A session with the statements prepared, and past the executions that get a plan of their own."""
    for _ in range(8):
        for statement, parameter in ((ENCRYPT, AU), (DECRYPT, AU_UNDER_K1), (HASH, AU)):
            session.execute(statement, [parameter], prepare=True).fetchone()
        session.execute(CONSTANTS, prepare=True)
    generic = value_of(session, "SELECT min(generic_plans) FROM pg_prepared_statements")
    assert generic > 0, "the statements have no generic plan yet"
    return session


@pytest.fixture
def rotated(server, prepared):
    """K2 is the primary key now, K1 may still decrypt; the prepared session has seen it."""
    server.set_keys(K2, K1)
    server.reload()
    wait_until("the session has the new keys", lambda: run(prepared, HASH, AU) == AU_HASH_K2)
    yield prepared
    server.set_keys(K1)
    server.reload()


def run(session, statement, parameter):
    return session.execute(statement, [parameter], prepare=True).fetchone()[0]


def test_prepared_statements_write_under_the_new_key_and_read_both(rotated):
    assert value_of(rotated, "SELECT phone_key_id(%s)", run(rotated, ENCRYPT, AU)) == K2_ID
    assert run(rotated, DECRYPT, AU_UNDER_K1) == AU
    assert run(rotated, DECRYPT, AU_UNDER_K2) == AU
    assert value_of(rotated, "SELECT phone_hashes(%s)", AU) == [AU_HASH_K2, AU_HASH_K1]


def test_a_plan_holds_no_answer_of_the_old_key(server, rotated):
    assert rotated.execute(CONSTANTS, prepare=True).fetchone() == (AU_HASH_K2, [AU_HASH_K2, AU_HASH_K1], AU)
    server.set_keys(K2)
    server.reload()
    wait_until("the session has the new keys", lambda: value_of(rotated, "SELECT phone_hashes(%s)", AU) == [AU_HASH_K2])
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=K1_ID):
        rotated.execute(CONSTANTS, prepare=True)


def test_values_of_the_old_key_are_reencrypted_and_the_key_can_go(server, rotated):
    value = value_of(rotated, "SELECT phone_reencrypt(%s)", AU_UNDER_K1)
    server.set_keys(K2)
    server.reload()
    wait_until("the session has the new keys", lambda: value_of(rotated, "SELECT phone_hashes(%s)", AU) == [AU_HASH_K2])
    assert run(rotated, DECRYPT, value) == AU
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=K1_ID):
        run(rotated, DECRYPT, AU_UNDER_K1)


def test_prepared_statements_go_back_with_the_keys(server, rotated):
    server.set_keys(K1, K2)
    server.reload()
    wait_until("the session has the old keys", lambda: run(rotated, HASH, AU) == AU_HASH_K1)
    assert value_of(rotated, "SELECT phone_key_id(%s)", run(rotated, ENCRYPT, AU)) == K1_ID


def test_a_cursor_open_across_the_change_reads_on(server, session, table):
    session.execute(f"INSERT INTO {table} SELECT n, phone_encrypt(%s) FROM generate_series(1, 300) AS n", [AU])
    with session.transaction(), session.cursor("across") as cursor:
        cursor.itersize = 10
        cursor.execute(f"SELECT phone_decrypt(phone) FROM {table}")
        assert cursor.fetchmany(10) == [(AU,)] * 10
        server.set_keys(K2, K1)
        server.reload()
        try:
            wait_until("the session has the new keys", lambda: value_of(session, HASH, AU) == AU_HASH_K2)
            assert cursor.fetchall() == [(AU,)] * 290
        finally:
            server.set_keys(K1)
            server.reload()
