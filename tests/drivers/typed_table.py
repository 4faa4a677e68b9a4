"""A table with a column of the data type, as an application's role uses it: every driver's test works on one."""

from samples import mobile

ROWS = 3000
ROLE = "typed_application"

SETUP = f"""
    CREATE TABLE customer (
        id    int PRIMARY KEY,
        phone encrypted_phone UNIQUE CHECK (phone_require_number(phone))
    );
    CREATE TABLE typed (entered text);
    INSERT INTO customer SELECT n, '040' || lpad(n::text, 7, '0') FROM generate_series(0, {ROWS} - 1) AS n;
    INSERT INTO typed VALUES ('040 0000 005'), ('+61 400 000 006'), ('ask for Bob');
    ANALYZE customer, typed;
    GRANT SELECT, INSERT, UPDATE, DELETE ON customer, typed TO {ROLE};
"""


def create(server, database):
    """Makes the table, and a role that may write, read and look up."""
    with server.connect(database) as session:
        session.execute(
            f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;"
            f"SELECT phone_crypt_grant('{ROLE}', 'reader');"
        )
        session.execute(SETUP)


def spelling(n):
    """The n-th number as somebody may type it."""
    digits = mobile(n).removeprefix("+61")
    return f"0{digits[:3]} {digits[3:6]}-{digits[6:]}"


def assert_by_index(plan):
    """A plan's lines: the rows are found through the unique index."""
    text = "\n".join(plan)
    assert "customer_phone_key" in text and "Seq Scan on customer" not in text, text
