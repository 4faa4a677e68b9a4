"""Errors as an application sees them: the exception class is the SQLSTATE's, and the session goes on."""

import psycopg
import pytest
from psycopg import errors
from samples import (
    AU, AU_HASH_K1, AU_LEGACY_CBC_UNDER_K1, AU_UNDER_K1, AU_UNDER_K2, BOB_UNDER_K1, K2_ID, US, US_UNDER_K1_IN_USERS,
)
from server import value_of

TAMPERED = AU_UNDER_K1[:-1] + "6"

REFUSALS = [
    ("SELECT phone_normalize(%s)", ["ask for Bob"], errors.InvalidParameterValue),
    ("SELECT phone_normalize(%s, %s)", [AU, "Australia"], errors.InvalidParameterValue),
    ("SELECT phone_normalize(%s, %s::text)", [AU, None], errors.NullValueNotAllowed),
    ("SELECT phone_format(%s, %s)", [AU, "pretty"], errors.InvalidParameterValue),
    ("SELECT phone_encrypt(%s)", [""], errors.InvalidParameterValue),
    ("SELECT phone_encrypt(%s, %s::text)", [AU, None], errors.NullValueNotAllowed),
    ("SELECT phone_hash(%s, %s::text)", [AU, None], errors.NullValueNotAllowed),
    ("SELECT phone_hash(%s)", ["9876 5432"], errors.InvalidParameterValue),
    ("SELECT phone_decrypt(%s)", ["ask for Bob"], errors.InvalidTextRepresentation),
    ("SELECT phone_decrypt(%s)", [AU_UNDER_K1.upper()], errors.InvalidTextRepresentation),
    ("SELECT phone_decrypt(%s)", [AU_LEGACY_CBC_UNDER_K1], errors.InvalidTextRepresentation),
    ("SELECT phone_decrypt(%s)", [TAMPERED], errors.DataException),
    ("SELECT phone_decrypt(%s)", [US_UNDER_K1_IN_USERS], errors.DataException),
    ("SELECT phone_decrypt(%s)", [BOB_UNDER_K1], errors.DataException),
    ("SELECT phone_decrypt_raw(%s)", [AU_UNDER_K1], errors.DataException),
    ("SELECT phone_decrypt(%s)", [AU_UNDER_K2], errors.ObjectNotInPrerequisiteState),
    ("SELECT phone_try_decrypt(%s)", [AU_UNDER_K2], errors.ObjectNotInPrerequisiteState),
    ("SELECT phone_reencrypt(%s)", [TAMPERED], errors.DataException),
    ("SELECT phone_key_id(%s)", ["ask for Bob"], errors.InvalidTextRepresentation),
    ("SELECT phone_decrypt_legacy(%s, %s)", [AU_LEGACY_CBC_UNDER_K1, "rot13"], errors.InvalidParameterValue),
    ("SELECT phone_decrypt_legacy(%s, %s, %s)", [AU_LEGACY_CBC_UNDER_K1, "cbc", K2_ID],
     errors.ObjectNotInPrerequisiteState),
    ("SELECT set_config('phone_crypt.encryption_key', %s, false)", ["31 characters long, one too few"],
     errors.InvalidParameterValue),
    ("SELECT set_config('phone_crypt.hash_scheme', %s, false)", ["md5"], errors.InvalidParameterValue),
    # A driver that sends another type finds no such function: nothing is turned into text behind its back.
    ("SELECT phone_hash(%b)", [61401148075], errors.UndefinedFunction),
    ("SELECT phone_decrypt(%b)", [AU_UNDER_K1.encode()], errors.UndefinedFunction),
    ("SELECT phone_normalize(%b)", [[AU]], errors.UndefinedFunction),
]


def refusal_name(value):
    return value.__name__ if isinstance(value, type) else None


@pytest.mark.parametrize("query, parameters, expected", REFUSALS, ids=refusal_name)
def test_exception_is_of_the_sqlstates_class(session, query, parameters, expected):
    with pytest.raises(expected) as caught:
        session.execute(query, parameters)
    # Not a subclass: DataException is the parent of the other classes 22xxx.
    assert type(caught.value) is expected
    assert value_of(session, "SELECT phone_hash(%s)", AU) == AU_HASH_K1


def test_one_text_for_every_way_to_fail_authentication(session):
    texts = set()
    for query, value in [
        ("SELECT phone_decrypt(%s)", TAMPERED),
        ("SELECT phone_decrypt(%s)", US_UNDER_K1_IN_USERS),
        ("SELECT phone_decrypt(%s)", BOB_UNDER_K1),
        ("SELECT phone_decrypt_raw(%s)", AU_UNDER_K1),
        ("SELECT phone_reencrypt(%s)", TAMPERED),
    ]:
        with pytest.raises(errors.DataException) as caught:
            session.execute(query, [value])
        texts.add((caught.value.diag.message_primary, caught.value.diag.message_detail, caught.value.diag.message_hint))
    assert len(texts) == 1


def test_permission_denied_is_its_own_class(server, database, session):
    session.execute("CREATE ROLE driver_guest LOGIN")
    try:
        with server.connect(database, user="driver_guest") as guest, pytest.raises(errors.InsufficientPrivilege):
            guest.execute("SELECT phone_decrypt(%s)", [AU_UNDER_K1])
    finally:
        session.execute("DROP ROLE driver_guest")


def test_a_transaction_goes_on_after_rolling_back_to_a_savepoint(session, table):
    with session.transaction():
        session.execute(f"INSERT INTO {table} VALUES (1, phone_encrypt(%s))", [AU])
        with pytest.raises(errors.InvalidParameterValue), session.transaction():
            session.execute(f"INSERT INTO {table} VALUES (2, phone_encrypt(%s))", [AU])
            session.execute(f"INSERT INTO {table} VALUES (3, phone_encrypt(%s))", ["ask for Bob"])
        with pytest.raises(errors.DataException), session.transaction():
            session.execute("SELECT phone_decrypt(%s)", [TAMPERED])
        session.execute(f"INSERT INTO {table} VALUES (4, phone_encrypt(%s))", [US])
    rows = session.execute(f"SELECT id, phone_decrypt(phone) FROM {table} ORDER BY id").fetchall()
    assert rows == [(1, AU), (4, US)]


def test_without_a_savepoint_the_transaction_is_over(session, table):
    session.autocommit = False
    session.execute(f"INSERT INTO {table} VALUES (1, phone_encrypt(%s))", [AU])
    with pytest.raises(errors.InvalidParameterValue):
        session.execute("SELECT phone_encrypt(%s)", ["ask for Bob"])
    with pytest.raises(errors.InFailedSqlTransaction):
        session.execute("SELECT phone_encrypt(%s)", [AU])
    session.rollback()
    session.autocommit = True
    assert value_of(session, f"SELECT count(*) FROM {table}") == 0


def test_a_key_set_in_a_savepoint_is_gone_when_that_is_rolled_back(session):
    with session.transaction():
        with session.transaction(force_rollback=True):
            session.execute("SELECT set_config('phone_crypt.encryption_key', phone_crypt_generate_key(), false)")
            assert value_of(session, "SELECT phone_hash(%s)", AU) != AU_HASH_K1
        assert value_of(session, "SELECT phone_hash(%s)", AU) == AU_HASH_K1


def test_thousands_of_errors_in_one_session_cost_no_memory(session):
    """Each error leaves Rust code through PostgreSQL's error handling; whatever that skipped would add up."""
    storm = """DO $$
        BEGIN
            FOR n IN 1 .. 2000 LOOP
                BEGIN
                    PERFORM phone_encrypt('ask for Bob');
                EXCEPTION WHEN invalid_parameter_value THEN NULL;
                END;
                BEGIN
                    PERFORM phone_decrypt(repeat('0', 100000));
                EXCEPTION WHEN invalid_text_representation THEN NULL;
                END;
            END LOOP;
        END $$"""
    session.execute(storm)
    settled = resident_kilobytes(session)
    session.execute(storm)
    # 4,000 errors, half of them with a text of 100 KB: a leak of that text alone would be 200 MB.
    assert resident_kilobytes(session) - settled < 20_000
    assert value_of(session, "SELECT phone_hash(%s)", AU) == AU_HASH_K1


def resident_kilobytes(session: psycopg.Connection) -> int:
    """Memory of the session's server process, from /proc; servers of these tests are on this machine."""
    with open(f"/proc/{session.info.backend_pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
