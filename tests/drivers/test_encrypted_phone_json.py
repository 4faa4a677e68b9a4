"""The data type in JSON: plain numbers come in by jsonb_populate_record and its kin, and nothing but ciphertext goes out."""

import json

import pytest
from psycopg import errors
from samples import mobile
from server import value_of
from typed_table import ROLE, ROWS, assert_by_index, create, spelling


@pytest.fixture(scope="module", autouse=True)
def customers(server, database):
    create(server, database)


@pytest.fixture
def application(server, database):
    """A session of the application's role, in a transaction that is rolled back."""
    with server.connect(database, user=ROLE, autocommit=False) as session:
        yield session
        session.rollback()


def shown(session, n):
    return value_of(session, "SELECT phone_decrypt(phone) FROM customer WHERE id = %s", n)


@pytest.mark.parametrize("kind", ["json", "jsonb"])
class TestIn:
    def test_record(self, application, kind):
        insert = f"INSERT INTO customer SELECT * FROM {kind}_populate_record(NULL::customer, %s)"
        application.execute(insert, (json.dumps({"id": ROWS, "phone": spelling(ROWS)}),))
        assert shown(application, ROWS) == mobile(ROWS)
        application.execute(insert, (json.dumps({"id": -1, "phone": None}),))
        assert shown(application, -1) is None

    def test_upsert_of_many(self, application, kind):
        rows = [{"id": n, "phone": spelling(n - 10)} for n in range(ROWS, ROWS + 20)]
        application.execute(
            f"INSERT INTO customer SELECT * FROM {kind}_populate_recordset(NULL::customer, %s)"
            " ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id",
            (json.dumps(rows),),
        )
        assert value_of(application, "SELECT count(*) FROM customer") == ROWS + 10
        assert shown(application, ROWS) == mobile(ROWS - 10)

    def test_look_up_by_what_a_record_says(self, application, kind):
        query = f"SELECT c.id FROM {kind}_to_recordset(%s) AS r (phone encrypted_phone) JOIN customer AS c USING (phone)"
        rows = [{"phone": spelling(7)}, {"phone": mobile(8)}, {"phone": "ask for Bob"}]
        assert sorted(application.execute(query, (json.dumps(rows),))) == [(7,), (8,)]

    def test_look_up_by_index(self, application, kind):
        query = f"SELECT id FROM customer WHERE phone = %s::{kind}->>'phone'"
        document = (json.dumps({"phone": spelling(7)}),)
        assert_by_index([line for (line,) in application.execute(f"EXPLAIN (COSTS OFF) {query}", document)])
        assert application.execute(query, document).fetchall() == [(7,)]

    def test_array(self, application, kind):
        query = f"SELECT phone_mask(r.phones[2]) FROM {kind}_to_record(%s) AS r (phones encrypted_phone[])"
        assert value_of(application, query, json.dumps({"phones": [mobile(1), spelling(2)]})) == "+61******002"

    def test_a_stored_value_cannot_be_given_back(self, application, kind):
        row = value_of(application, "SELECT to_jsonb(c) FROM customer AS c WHERE id = 7")
        insert = f"INSERT INTO customer SELECT * FROM {kind}_populate_record(NULL::customer, %s)"
        with pytest.raises(errors.InsufficientPrivilege):
            application.execute(insert, (json.dumps(row | {"id": ROWS}),))

    def test_errors_show_no_number(self, application, kind):
        row = json.dumps({"id": -2, "phone": "4155550123 or 4155550124"})
        with pytest.raises(errors.CheckViolation) as raised:
            application.execute(f"INSERT INTO customer SELECT * FROM {kind}_populate_record(NULL::customer, %s)", (row,))
        diagnostic = raised.value.diag
        texts = [diagnostic.message_primary, diagnostic.message_detail, diagnostic.message_hint, diagnostic.context]
        assert not any("415555" in (text or "") for text in texts)


@pytest.mark.parametrize("expression", [
    "to_jsonb(c)", "to_json(c)", "row_to_json(c)", "jsonb_build_object('phone', c.phone)", "json_agg(c)->0",
    "jsonb_build_object('phone', to_jsonb(ARRAY[c.phone])->0)",
])
def test_what_goes_out_is_ciphertext(application, expression):
    query = f"SELECT ({expression})->>'phone', c.phone::text FROM customer AS c WHERE id = 7 GROUP BY c.id"
    told, stored = application.execute(query).fetchone()
    assert told == stored and told.startswith("ep:")


def test_numbers_are_put_into_json_by_name(application):
    query = "SELECT to_jsonb(c) || jsonb_build_object('phone', phone_show(phone)) FROM customer AS c WHERE phone = %s"
    assert value_of(application, query, spelling(7)) == {"id": 7, "phone": mobile(7)}


def test_a_dump_of_rows_as_json_can_be_restored(server, database):
    with server.connect(database, autocommit=False) as session:
        rows = value_of(session, "SELECT jsonb_agg(c) FROM customer AS c")
        session.execute("TRUNCATE customer")
        session.execute("INSERT INTO customer SELECT * FROM jsonb_populate_recordset(NULL::customer, %s)", (json.dumps(rows),))
        assert value_of(session, "SELECT count(*) FROM customer WHERE phone = %s AND phone_verify(phone)", spelling(7)) == 1
        assert value_of(session, "SELECT count(*) FROM customer") == ROWS
        session.rollback()
