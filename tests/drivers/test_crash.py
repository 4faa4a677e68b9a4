"""Crashes: a backend killed while it encrypts, and the whole server killed."""

import os
import signal
import threading

import psycopg
import pytest
from samples import AU, AU_HASH_K1, K1, K1_ID, K2, mobile
from server import running, value_of, wait_until

KEPT = 1000
# More than is done when the kill comes; the test waits for the first of them, not for the last.
INTERRUPTED = 3_000_000
KILL_AFTER = 5_000

# Prints the key once and fails ever after: who asks again gets nothing.
KEY_COMMAND = f"""
phone_crypt.key_file = ''
phone_crypt.key_command = 'mkdir {{dir}}/asked && echo {K1}'
"""


@pytest.fixture(scope="module")
def crashing():
    """A server of its own, since a crash ends every session. A database with encrypted rows, pinned."""
    with running([], KEY_COMMAND) as server:
        server.create_database("shop")
        with server.connect("shop") as session:
            session.execute("CREATE TABLE kept (id int PRIMARY KEY, phone text, phone_hash text)")
            session.execute("CREATE TABLE interrupted (id int, phone text)")
            session.execute(
                "INSERT INTO kept SELECT n, phone_encrypt(p), phone_hash(p) FROM generate_series(0, %s) AS n,"
                " LATERAL (SELECT '040' || lpad(n::text, 7, '0')) AS v (p)",
                [KEPT - 1],
            )
            session.execute("SELECT phone_crypt_pin_keys()")
        yield server


def calls(session, operation):
    return value_of(session, "SELECT calls FROM phone_crypt.crypto_stats WHERE operation = %s", operation)


def since(session):
    return value_of(session, "SELECT DISTINCT since FROM phone_crypt.crypto_stats")


def reachable(server):
    """A new session once the server takes one, until then None."""
    try:
        return server.connect("shop")
    except psycopg.OperationalError:
        return None


def kill_and_wait(server, backend_pid):
    """Kills a backend, and waits until the server has ended every other session and takes new ones."""
    with server.connect("shop") as bystander:
        os.kill(backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            wait_until("the server ends the other sessions", lambda: bystander.execute("SELECT 1") is None)
    return wait_until("the server takes sessions again", lambda: reachable(server))


def encrypt_until_killed(session, outcome):
    try:
        insert = "INSERT INTO interrupted SELECT n, phone_encrypt('0401148075') FROM generate_series(1, %s) AS n"
        session.execute(insert, [INTERRUPTED])
        outcome.append("it finished")
    except psycopg.OperationalError:
        outcome.append("killed")


def assert_everything_reads(session):
    rows = session.execute("SELECT id, phone_decrypt(phone) FROM kept").fetchall()
    assert dict(rows) == {n: mobile(n) for n in range(KEPT)}
    assert session.execute("SELECT id FROM kept WHERE phone_hash = phone_hash(%s)", [mobile(77)]).fetchall() == [(77,)]
    assert value_of(session, "SELECT phone_hash(%s)", AU) == AU_HASH_K1


def assert_still_pinned(session):
    pins = session.execute("SELECT role, key_id FROM phone_crypt.keys ORDER BY role").fetchall()
    assert pins == [("hash", K1_ID), ("primary", K1_ID)]
    session.execute("SELECT set_config('phone_crypt.encryption_key', %s, false)", [K2])
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        session.execute("SELECT phone_hash(%s)", [AU])
    session.execute("RESET phone_crypt.encryption_key")


@pytest.fixture(scope="module")
def after_backend_crash(crashing):
    """The server after one of its backends was killed in mid-work; what the counters said before."""
    with crashing.connect("shop") as watcher:
        encrypted_before, since_before = calls(watcher, "encrypt"), since(watcher)
        victim = crashing.connect("shop")
        outcome = []
        work = threading.Thread(target=encrypt_until_killed, args=(victim, outcome))
        work.start()
        wait_until("the victim is at work", lambda: calls(watcher, "encrypt") - encrypted_before > KILL_AFTER)
    with kill_and_wait(crashing, victim.info.backend_pid) as session:
        work.join()
        assert outcome == ["killed"]
        yield session, since_before


def test_after_a_killed_backend_nothing_half_written_is_there(after_backend_crash):
    session, _ = after_backend_crash
    assert value_of(session, "SELECT count(*) FROM interrupted") == 0
    assert_everything_reads(session)


def test_after_a_killed_backend_counting_begins_anew(after_backend_crash):
    session, since_before = after_backend_crash
    assert since(session) > since_before
    before = calls(session, "encrypt")
    assert before < KILL_AFTER
    session.execute("SELECT phone_encrypt(%s) FROM generate_series(1, 10)", [AU])
    assert calls(session, "encrypt") - before == 10
    failures = "SELECT sum(failures) FROM phone_crypt.crypto_stats"
    assert value_of(session, failures) <= value_of(session, "SELECT sum(calls) FROM phone_crypt.crypto_stats")
    assert value_of(session, "SELECT bool_and(shared) FROM phone_crypt.crypto_stats") is True


def test_after_a_killed_backend_the_server_still_has_what_key_command_printed(after_backend_crash):
    session, _ = after_backend_crash
    assert session.execute("SELECT key_id, source FROM phone_crypt.key_status").fetchall() == [(K1_ID, "key_command")]


def test_after_a_killed_backend_the_database_is_still_pinned(after_backend_crash):
    session, _ = after_backend_crash
    assert_still_pinned(session)


def test_after_a_killed_backend_ivs_do_not_repeat(after_backend_crash):
    """Every backend descends from the same postmaster; what it inherits must not be a stream of IVs."""
    session, _ = after_backend_crash
    fresh = "SELECT array_agg(left(phone_encrypt(%s), 32)) FROM generate_series(1, 100)"
    seen = value_of(session, fresh, AU) + value_of(session, "SELECT array_agg(left(phone, 32)) FROM kept")
    assert len(set(seen)) == KEPT + 100


def test_after_a_killed_server_everything_reads(crashing, after_backend_crash):
    with crashing.connect("shop") as session:
        session.execute("INSERT INTO interrupted SELECT -1, phone_encrypt(%s)", [AU])
        processes = [pid for (pid,) in session.execute("SELECT pid FROM pg_stat_activity")]
        processes.append(postmaster(crashing))
        os.kill(processes[-1], signal.SIGKILL)
        wait_until("the server's processes are gone", lambda: not any(map(exists, processes)))
    (crashing.directory / "asked").rmdir()
    crashing.restart()
    with crashing.connect("shop") as session:
        assert_everything_reads(session)
        assert_still_pinned(session)
        # Committed before the kill, so recovered from the write-ahead log.
        assert value_of(session, "SELECT phone_decrypt(phone) FROM interrupted WHERE id = -1") == AU


def postmaster(server):
    return int((server.directory / "data" / "postmaster.pid").read_text().splitlines()[0])


def exists(pid):
    return os.path.exists(f"/proc/{pid}")
