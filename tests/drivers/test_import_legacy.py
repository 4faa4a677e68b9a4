"""phone_import_legacy_column, on values that Node.js made as the legacy web application did."""

import json
import subprocess
from pathlib import Path

import psycopg
import pytest
from samples import K1, K1_ID, K2, K2_ID, mobile
from server import value_of

LEGACY_APPLICATION = Path(__file__).with_name("legacy_application.js")

# What the legacy application had normalised, and what it is: E.164, or nothing where it is no number.
# `+1` was put before whatever had no `+`.
MEANT = (
    [(mobile(n), mobile(n)) for n in range(300)]
    + [("+10401148075", "+61401148075"), ("+10061401148076", "+61401148076")]
    + [("+10000000000", None), ("+1askforbob", None)]
)
SCHEMES = [(K1, "cbc"), (K1, "cbc-pbkdf2"), (K1, "node-evp"), (K2, "cbc-pbkdf2"), (K2, "node-evp")]


def stored_by_node(key, scheme):
    """Value and hash of each number."""
    question = json.dumps({"key": key, "numbers": [before for before, _ in MEANT]})
    done = subprocess.run(
        ["node", "--no-deprecation", str(LEGACY_APPLICATION)], input=question, capture_output=True, encoding="utf-8",
        timeout=60, check=True,
    )
    return [(row["value"], row["hash"]) for row in json.loads(done.stdout)[scheme]]


@pytest.fixture(scope="module", autouse=True)
def both_keys(server):
    server.set_keys(K1, K2)
    server.reload()
    yield
    server.set_keys(K1)
    server.reload()


@pytest.fixture(params=SCHEMES, ids=lambda param: f"{param[1]}-{'hex' if param[0] == K1 else 'text'}")
def calls(request, server, database):
    """A session on a table of the legacy application's values; the key they are under, and the scheme."""
    key, scheme = request.param
    with server.connect(database) as session:
        session.execute("CREATE TABLE calls (id int PRIMARY KEY, phone text, phone_hash text)")
        rows = [(n, value, hashed) for n, (value, hashed) in enumerate(stored_by_node(key, scheme))]
        with session.cursor() as cursor:
            cursor.executemany("INSERT INTO calls VALUES (%s, %s, %s)", rows)
        yield session, K1_ID if key == K1 else K2_ID, scheme
        session.rollback()
        session.execute("DROP TABLE calls")
        session.execute("DELETE FROM phone_crypt.jobs")
        session.execute("DELETE FROM phone_crypt.pinned_keys")


CALL = "CALL phone_import_legacy_column('calls', 'phone', %s, %s"


def imported(session):
    return session.execute("SELECT phone_decrypt(phone), phone_is_number(phone) FROM calls ORDER BY id").fetchall()


def columns(session):
    query = "SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'calls'::regclass AND attnum > 0"
    return value_of(session, query)


def test_every_value_becomes_one_of_the_type(calls):
    session, key_id, scheme = calls
    session.execute(CALL + ", batch_size => 70)", [scheme, key_id])
    for (before, meant), (text, is_number) in zip(MEANT, imported(session), strict=True):
        assert text == (meant or before)
        assert is_number is (meant is not None)
    counts = value_of(session, "SELECT details FROM phone_crypt.jobs")
    assert counts == {"encrypted": 300, "repaired": 2, "kept_as_text": 2, "unreadable": 0}
    found = "SELECT count(*) FROM calls WHERE phone = %s"
    assert value_of(session, found, "0401 148 075") == 1


def test_a_second_call_changes_nothing(calls):
    session, key_id, scheme = calls
    session.execute(CALL + ")", [scheme, key_id])
    before = session.execute("SELECT * FROM calls ORDER BY id").fetchall()
    session.execute(CALL + ")", [scheme, key_id])
    assert session.execute("SELECT * FROM calls ORDER BY id").fetchall() == before


def test_a_dry_run_counts_and_changes_nothing(calls):
    session, key_id, scheme = calls
    notices = []
    session.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    before = session.execute("SELECT * FROM calls ORDER BY id").fetchall()
    session.execute(CALL + ", dry_run => true)", [scheme, key_id])
    assert session.execute("SELECT * FROM calls ORDER BY id").fetchall() == before
    assert columns(session) == ["id", "phone", "phone_hash"]
    assert any("encrypted 300, kept as text 2, repaired 2" in notice for notice in notices)


def test_hashes_of_the_legacy_application_stay_valid_under_scheme_raw(calls):
    session, key_id, scheme = calls
    session.execute("SELECT set_config('phone_crypt.hash_scheme', 'raw', false)")
    session.execute("SELECT set_config('phone_crypt.hash_key_id', %s, false)", [key_id])
    session.execute(CALL + ")", [scheme, key_id])
    same = "SELECT bool_and(phone_hash = phone_hash(phone)) FROM calls WHERE id < 300"
    assert value_of(session, same)


def test_the_wrong_key_is_refused_before_anything_is_changed(calls):
    session, key_id, scheme = calls
    wrong = K2_ID if key_id == K1_ID else K1_ID
    before = session.execute("SELECT * FROM calls ORDER BY id").fetchall()
    # Scheme cbc takes 32 bytes in hexadecimal only. A wrong key of the others passes the padding check about once in 250
    # values.
    error = psycopg.errors.InvalidParameterValue if scheme == "cbc" and wrong == K2_ID else psycopg.errors.DataException
    with pytest.raises(error):
        session.execute(CALL + ")", [scheme, wrong])
    assert session.execute("SELECT * FROM calls ORDER BY id").fetchall() == before


def test_an_unknown_scheme_or_key_is_refused_before_anything_is_changed(calls):
    session, key_id, _ = calls
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        session.execute(CALL + ")", ["rot13", key_id])
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        session.execute(CALL + ")", ["cbc", "00000000"])
    assert columns(session) == ["id", "phone", "phone_hash"]
