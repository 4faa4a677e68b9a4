"""A table with a column of plain text, taken to each state of its conversion."""

from samples import mobile
from server import value_of
from typed_table import spelling

ROWS = 1000
CONVERT = "CALL phone_encrypt_column('customer', 'phone')"
DROP = "CALL phone_drop_plaintext('customer', 'phone')"
STATES = ["prepared", "filling", "swapped"]

# Every fifth row is written as somebody may type it; row 3 has an extension, row 4 is no number.
SETUP = """
    CREATE TABLE customer (id int PRIMARY KEY, phone text NOT NULL UNIQUE, note text);
    CREATE INDEX customer_note ON customer (note, phone);
"""


def entered(n):
    """What is written in a row."""
    return {3: f"{mobile(3)} x12", 4: "ask for Bob"}.get(n) or (spelling(n) if n % 5 == 0 else mobile(n))


def create(session, rows=ROWS):
    session.execute(SETUP)
    with session.cursor().copy("COPY customer (id, phone, note) FROM STDIN") as copy:
        for n in range(rows):
            copy.write_row((n, entered(n), f"note {n}"))


def bring_to(session, state):
    """The conversion up to a state. Until it is swapped these are the procedure's own steps, since it would go on."""
    if state == "swapped":
        session.execute(CONVERT)
        return
    conversion = "phone_crypt.conversion('customer', 'phone')"
    change = "CALL phone_crypt.change_table('customer', {}, NULL)"
    session.execute(change.format("phone_crypt.prepare_sql('customer', 'phone', 'text')"))
    if state == "filling":
        session.execute(change.format(f"phone_crypt.missing_indexes({conversion}, false, false)"))
        session.execute(change.format(f"phone_crypt.constraints_sql({conversion})"))
        session.execute(change.format(f"phone_crypt.sync_trigger_sql({conversion}, 'fill')"))
        session.execute("UPDATE customer SET phone_encrypted = NULL WHERE id % 2 = 0")
        filled = value_of(session, "SELECT count(phone_encrypted) FROM customer")
        assert 0 < filled < value_of(session, "SELECT count(*) FROM customer")
    assert state_of(session) == state


def state_of(session):
    return value_of(session, "SELECT coalesce(string_agg(state, ','), '') FROM phone_crypt.conversions")


def check_finishes(session, rows=ROWS):
    """An application writes, the conversion ends, and every row says what it said."""
    upsert = (
        "INSERT INTO customer (id, phone, note) VALUES (%s, %s, %s)"
        " ON CONFLICT (phone) DO UPDATE SET note = EXCLUDED.note RETURNING id"
    )
    assert session.execute(upsert, (rows, mobile(rows), "new")).fetchone() == (rows,)
    assert session.execute(upsert, (rows + 1, mobile(rows), "again")).fetchone() == (rows,)
    session.execute("UPDATE customer SET phone = %s WHERE phone = %s", (mobile(rows + 2), mobile(1)))
    session.execute(CONVERT)
    assert state_of(session) == "swapped"
    check_rows(session, rows)
    session.execute(DROP)
    assert state_of(session) == ""
    check_rows(session, rows)
    assert value_of(session, "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'customer'::regclass") == 0


def check_rows(session, rows):
    expected = {n: mobile(n) for n in range(rows + 1)} | {1: mobile(rows + 2), 4: "ask for Bob"}
    assert dict(session.execute("SELECT id, phone_show(phone) FROM customer").fetchall()) == expected
    assert value_of(session, "SELECT phone_original(phone) FROM customer WHERE id = 3") == entered(3)
    assert value_of(session, "SELECT bool_and(phone_verify(phone)) FROM customer") is True
    for n in (0, 7, rows):
        assert value_of(session, "SELECT id FROM customer WHERE phone = %s", spelling(n)) == n
    indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 'customer'::regclass AND indisvalid AND indimmediate"
    assert value_of(session, indexes) == 3
