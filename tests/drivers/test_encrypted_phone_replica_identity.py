"""Rows that the subscriber finds by the column itself: its index is the replica identity, or the whole row is. And what comes
from a publisher of other keys, or to an owner who may not encrypt."""

import time

import pytest
from samples import K1, K1_ID, K2, K2_ID, mobile
from server import running, value_of, wait_until

PUBLISHED = {
    # The publisher's column, and how it names its rows.
    "typed_index": ("encrypted_phone", "REPLICA IDENTITY USING INDEX {table}_phone_key"),
    "text_index": ("text", "REPLICA IDENTITY USING INDEX {table}_phone_key"),
    "typed_full": ("encrypted_phone", "REPLICA IDENTITY FULL"),
    "text_full": ("text", "REPLICA IDENTITY FULL"),
}


@pytest.fixture(scope="module")
def publisher():
    """Its primary key is K2; the subscriber's is K1, and it has K2 as well."""
    with running([K2], "wal_level = logical\n") as server:
        server.create_database("source")
        yield server


@pytest.fixture(scope="module")
def subscriber():
    with running([K1, K2], "wal_retrieve_retry_interval = 200ms\n") as server:
        yield server


@pytest.fixture
def pair(publisher, subscriber, request):
    """A table of either side, and a subscription of the one to the other: sessions, and the table's name."""
    table, of_type, identity, rights = request.param
    database = subscriber.create_database(table)
    with publisher.connect("source") as source, subscriber.connect(database) as target:
        source.execute(
            f"CREATE TABLE {table} (phone {of_type} NOT NULL, note text, CONSTRAINT {table}_phone_key UNIQUE (phone));"
            f"ALTER TABLE {table} {identity.format(table=table)};"
            f"INSERT INTO {table} VALUES ('0400 000 001', 'first'), ('0400 000 002', 'second');"
            f"CREATE PUBLICATION {table} FOR TABLE {table}"
        )
        target.execute(
            f"CREATE TABLE {table} (phone encrypted_phone NOT NULL UNIQUE, note text);"
            f"ALTER TABLE {table} {identity.format(table=table)};"
            f"CREATE ROLE owner_of_{table}; ALTER TABLE {table} OWNER TO owner_of_{table};"
        )
        for profile in rights:
            target.execute(f"SELECT phone_crypt_grant('owner_of_{table}', '{profile}')")
        connection = f"host={publisher.directory} port=5432 user=postgres dbname=source"
        target.execute(f"CREATE SUBSCRIPTION {table} CONNECTION '{connection}' PUBLICATION {table}")
        try:
            yield source, target, table
        finally:
            target.execute(f"DROP SUBSCRIPTION {table}")


def of(name, rights=("writer",)):
    return (name, *PUBLISHED[name], rights)


def notes(target, table):
    return sorted(note for (note,) in target.execute(f"SELECT note FROM {table}"))


@pytest.mark.parametrize("pair", [of(name) for name in PUBLISHED], indirect=True, ids=PUBLISHED)
def test_changes_find_their_row(pair):
    source, target, table = pair
    wait_until("the rows arrive", lambda: notes(target, table) == ["first", "second"])
    source.execute(f"UPDATE {table} SET note = 'changed' WHERE note = 'first'")
    wait_until("a row is changed", lambda: notes(target, table) == ["changed", "second"])
    source.execute(f"UPDATE {table} SET phone = '0400 000 003', note = 'moved' WHERE note = 'changed'")
    wait_until("a row has another number", lambda: notes(target, table) == ["moved", "second"])
    source.execute(f"INSERT INTO {table} VALUES ('0400 000 001', 'again')")
    source.execute(f"DELETE FROM {table} WHERE note = 'second'")
    wait_until("a row goes", lambda: notes(target, table) == ["again", "moved"])
    assert value_of(target, f"SELECT bool_and(phone_verify(phone)) FROM {table}") is True
    shown = target.execute(f"SELECT phone_decrypt(phone), note FROM {table} ORDER BY note").fetchall()
    assert shown == [(mobile(1), "again"), (mobile(3), "moved")]
    # Text is encrypted here, under the keys that are here. A value stays what it was made elsewhere, and names its keys.
    key = K1_ID if table.startswith("text") else K2_ID
    keys = target.execute(f"SELECT * FROM phone_column_keys('{table}', 'phone')").fetchall()
    assert keys == [(key, key, 2)]
    query = f"SELECT count(*) FROM {table} WHERE phone = %s"
    assert value_of(target, query, mobile(3)) == (1 if key == K1_ID else 0)
    target.execute("SELECT set_config('phone_crypt.hash_key_id', %s, false)", (key,))
    assert value_of(target, query, mobile(3)) == 1


@pytest.mark.parametrize("pair", [("unentitled", "text", "REPLICA IDENTITY FULL", ())], indirect=True)
def test_text_for_an_owner_who_may_not_encrypt(pair, subscriber):
    source, target, table = pair
    if target.info.server_version < 160000:
        wait_until("the rows arrive in the subscription's own name", lambda: len(notes(target, table)) == 2)
        return
    wait_until("the worker is refused", lambda: "permission denied for plain phone numbers" in subscriber.log())
    time.sleep(0.5)
    assert notes(target, table) == []
    assert not any(number in subscriber.log() for number in ("400 000 00", "40000000"))
    target.execute(f"SELECT phone_crypt_grant('owner_of_{table}', 'writer')")
    wait_until("the rows arrive", lambda: notes(target, table) == ["first", "second"])
    assert value_of(target, f"SELECT count(*) FROM {table} WHERE phone = %s", mobile(2)) == 1


@pytest.mark.parametrize("pair", [("unverified", "encrypted_phone", "REPLICA IDENTITY FULL", ())], indirect=True)
def test_a_forged_value_stops_at_the_subscriber(pair, publisher, subscriber):
    """Whoever owns the publisher's table has it store a value of his own making; here the keys tell."""
    source, target, table = pair
    wait_until("the rows arrive", lambda: notes(target, table) == ["first", "second"])
    (value,) = source.execute(f"SELECT phone::text FROM {table} WHERE note = 'first'").fetchone()
    (other,) = source.execute(f"SELECT phone::text FROM {table} WHERE note = 'second'").fetchone()
    forged = value[:15] + other[15:47] + value[47:]
    source.execute("SET phone_crypt.verify_input = off")
    source.execute(f"DELETE FROM {table} WHERE note = 'second'")
    source.execute(f"INSERT INTO {table} VALUES (%s, 'forged')", (forged,))
    wait_until("the worker refuses it", lambda: "the value failed authentication" in subscriber.log())
    assert "forged" not in notes(target, table)
