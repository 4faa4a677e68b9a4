"""Limits and costs as drivers send them: there is one signature, which takes every integer type."""

import subprocess
from pathlib import Path

import pytest
from psycopg.types.numeric import Int2, Int4, Int8
from samples import K1
from server import PATIENCE_SECONDS, running
from test_encrypted_phone_jdbc import DRIVER, free_port

LARGEST = 2**63 - 1
SOURCE = Path(__file__).resolve().parent / "java" / "RatelimitNumbers.java"
SQL_TYPES = ["smallint", "integer", "bigint"]


@pytest.mark.parametrize("placeholder", ["%s", "%t", "%b"])
@pytest.mark.parametrize("prepare", [False, True])
@pytest.mark.parametrize("number", [int, Int2, Int4, Int8])
def test_each_integer_type_of_psycopg_finds_the_function(session, placeholder, prepare, number):
    key = f"{placeholder}{prepare}{number}"
    hit = f"SELECT * FROM ratelimit_hit(%s, {placeholder}, '1 day', {placeholder}, burst => {placeholder})"
    row = session.execute(hit, [key, number(100), number(3), number(7)], prepare=prepare).fetchone()
    assert row[:3] == (True, 100, 97)
    policy = f"SELECT ratelimit_policy_set('p', {placeholder}, '1 day', 'token_bucket', {placeholder})"
    session.execute(policy, [number(100), number(50)], prepare=prepare)
    check = f"SELECT remaining FROM ratelimit_check('p', %s, {placeholder})"
    assert session.execute(check, [key, number(5)], prepare=prepare).fetchone() == (45,)
    refund = f"SELECT ratelimit_refund(%s, {placeholder}, 'p')"
    assert session.execute(refund, [key, number(5)], prepare=prepare).fetchone() == (True,)


@pytest.mark.parametrize("limit", [10, 40_000, 3_000_000_000, LARGEST])
def test_a_python_integer_of_any_size_is_a_limit(session, limit):
    hit = 'SELECT allowed, "limit", remaining FROM ratelimit_hit(%s, %s, \'1 day\', %s)'
    assert session.execute(hit, [f"size {limit}", limit, limit - 1]).fetchone() == (True, limit, 1)


@pytest.mark.parametrize("sql_type", SQL_TYPES)
def test_literals_casts_and_prepared_parameters_find_the_function(session, sql_type):
    call = f"ratelimit_allow('{sql_type}', 5::{sql_type}, '1 day', 1::{sql_type}, burst => NULL::{sql_type})"
    assert session.execute(f"SELECT {call}").fetchone() == (True,)
    session.execute(f"PREPARE hit_{sql_type} ({sql_type}) AS SELECT ratelimit_allow('prepared', $1, '1 day', $1)")
    assert session.execute(f"EXECUTE hit_{sql_type}(5)").fetchone() == (sql_type == SQL_TYPES[0],)


def test_pgjdbc_sends_int_long_short_and_literals():
    port = free_port()
    with running([K1], f"listen_addresses = '127.0.0.1'\nport = {port}\n") as server:
        link = server.directory / ".s.PGSQL.5432"
        link.symlink_to(server.directory / f".s.PGSQL.{port}")
        database = server.create_database("limits")
        url = f"jdbc:postgresql://127.0.0.1:{port}/{database}?user=postgres"
        done = subprocess.run(
            ["java", "-cp", str(DRIVER), str(SOURCE), url],
            capture_output=True, text=True, timeout=2 * PATIENCE_SECONDS,
        )
        assert (done.stdout.strip(), done.returncode) == ("ok", 0), done.stderr
