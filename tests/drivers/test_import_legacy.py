"""phone_import_legacy_column, on values that Node.js made as the earlier web application did."""

import json
import subprocess
from pathlib import Path

import psycopg
import pytest
from samples import K1, K1_ID, K2, K2_ID, mobile
from server import value_of

EARLIER_APPLICATION = Path(__file__).with_name("earlier_application.js")

# What the earlier application had normalised, and what it is: E.164, or nothing where it is no number.
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
        ["node", "--no-deprecation", str(EARLIER_APPLICATION)], input=question, capture_output=True, encoding="utf-8",
        timeout=60, check=True,
    )
    return [(row["value"], row["hash"]) for row in json.loads(done.stdout)[scheme]]


@pytest.fixture(params=SCHEMES, ids=lambda param: f"{param[1]}-{'hex' if param[0] == K1 else 'text'}")
def calls(request, server, database):
    """A session on a table of the earlier application's values; the key they are under, and the scheme."""
    key, scheme = request.param
    with server.connect(database) as session:
        session.execute("SELECT set_config('phone_crypt.encryption_key', %s, false)", [K1])
        session.execute("SELECT set_config('phone_crypt.previous_keys', %s, false)", [K2])
        session.execute("CREATE TABLE calls (id int PRIMARY KEY, phone text, phone_hash text)")
        rows = [(n, value, hashed) for n, (value, hashed) in enumerate(stored_by_node(key, scheme))]
        with session.cursor() as cursor:
            cursor.executemany("INSERT INTO calls VALUES (%s, %s, %s)", rows)
        yield session, K1_ID if key == K1 else K2_ID, scheme
        session.rollback()
        session.execute("DROP TABLE calls")
        session.execute("DELETE FROM phone_crypt.columns")
        session.execute("DELETE FROM phone_crypt.jobs")
        session.execute("DELETE FROM phone_crypt.pinned_keys")


def imported(session):
    return session.execute(
        "SELECT phone_decrypt(phone, 'calls.phone'), phone_hash = phone_hash(phone_decrypt(phone, 'calls.phone')),"
        " phone_decrypt_raw(phone_raw, 'calls.phone') FROM calls ORDER BY id"
    ).fetchall()


def test_every_value_becomes_one_of_today(calls):
    session, key_id, scheme = calls
    session.execute(
        "CALL phone_import_legacy_column('calls', 'phone', %s, %s, context => 'calls.phone', batch_size => 70)",
        [scheme, key_id],
    )
    for (before, meant), (number, hash_is_right, original) in zip(MEANT, imported(session), strict=True):
        assert number == meant
        assert hash_is_right is (None if meant is None else True)
        assert original == (before if meant is None else None)
    counts = value_of(session, "SELECT details FROM phone_crypt.jobs")
    assert counts == {"imported": 300, "repaired": 2, "naive": 1, "not_a_phone_number": 1}


def test_a_second_call_changes_nothing(calls):
    session, key_id, scheme = calls
    call = "CALL phone_import_legacy_column('calls', 'phone', %s, %s, context => 'calls.phone')"
    session.execute(call, [scheme, key_id])
    before = session.execute("SELECT * FROM calls ORDER BY id").fetchall()
    session.execute(call, [scheme, key_id])
    assert session.execute("SELECT * FROM calls ORDER BY id").fetchall() == before


def test_a_dry_run_counts_and_changes_nothing(calls):
    session, key_id, scheme = calls
    notices = []
    session.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    before = session.execute("SELECT * FROM calls ORDER BY id").fetchall()
    session.execute("CALL phone_import_legacy_column('calls', 'phone', %s, %s, dry_run => true)", [scheme, key_id])
    assert session.execute("SELECT * FROM calls ORDER BY id").fetchall() == before
    assert value_of(session, "SELECT count(*) FROM phone_crypt.columns") == 0
    assert any("imported 300, naive 1, not a phone number 1, repaired 2" in notice for notice in notices)


def test_hashes_of_the_earlier_application_stay_valid_under_scheme_raw(calls):
    session, key_id, scheme = calls
    session.execute("SELECT set_config('phone_crypt.hash_scheme', 'raw', false)")
    session.execute("SELECT set_config('phone_crypt.hash_key_id', %s, false)", [key_id])
    before = session.execute("SELECT phone_hash FROM calls WHERE id < 300 ORDER BY id").fetchall()
    session.execute("CALL phone_import_legacy_column('calls', 'phone', %s, %s)", [scheme, key_id])
    assert session.execute("SELECT phone_hash FROM calls WHERE id < 300 ORDER BY id").fetchall() == before


def test_the_wrong_key_reads_nothing_and_changes_nothing(calls):
    session, key_id, scheme = calls
    wrong = K2_ID if key_id == K1_ID else K1_ID
    if scheme == "cbc" and wrong == K2_ID:
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            session.execute("CALL phone_import_legacy_column('calls', 'phone', %s, %s)", [scheme, wrong])
        return
    before = session.execute("SELECT id, phone FROM calls ORDER BY id").fetchall()
    session.execute("CALL phone_import_legacy_column('calls', 'phone', %s, %s)", [scheme, wrong])
    counts = value_of(session, "SELECT details FROM phone_crypt.jobs")
    unchanged = session.execute("SELECT id, phone FROM calls ORDER BY id").fetchall()
    # A wrong key passes the padding check about once in 250 values, and what comes out is no UTF-8 or no number.
    assert counts["left_unreadable"] >= 290
    assert sum(row == now for row, now in zip(before, unchanged, strict=True)) == counts["left_unreadable"]


def test_an_unknown_scheme_or_key_is_refused_before_anything_is_changed(calls):
    session, key_id, _ = calls
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        session.execute("CALL phone_import_legacy_column('calls', 'phone', 'rot13', %s)", [key_id])
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        session.execute("CALL phone_import_legacy_column('calls', 'phone', 'cbc', '00000000')")
    assert value_of(session, "SELECT count(*) FROM phone_crypt.columns") == 0
    columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'calls'::regclass AND attnum > 0"
    assert value_of(session, columns) == 3
