"""Conversions in databases of other encodings: names and text outside ASCII, and bytes that are no text."""

import pytest
from conversion_table import state_of
from psycopg import errors, sql
from samples import mobile
from server import value_of

# Encoding, a table's and a column's name, and text that is no number.
DATABASES = {
    "UTF8": ("顧客", "電話 \"☎\"", "山田さんに電話 ☎"),
    "EUC_JP": ("顧客", "電話", "山田さんに電話"),
    "EUC_KR": ("고객", "전화", "김 씨에게 전화"),
    "EUC_CN": ("客户", "电话", "请打给王先生"),
    "LATIN1": ("Kürzel", "Téléphone", "Frau Müller, abends"),
    "WIN1252": ("Kürzel", "Téléphone €", "Frau Müller – abends"),
}


def new_database(server, encoding):
    name = f"encoding_{encoding}".lower()
    with server.connect() as session:
        session.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    # Python does not know every encoding.
    with server.connect(name, client_encoding="SQL_ASCII" if encoding == "SQL_ASCII" else "utf8") as session:
        session.execute("CREATE EXTENSION phone_crypt")
    return name


@pytest.mark.parametrize("encoding", DATABASES)
def test_names_and_text_outside_ascii(server, encoding):
    table, column, text = DATABASES[encoding]
    names = {"t": sql.Identifier(table), "c": sql.Identifier(column), "i": sql.Identifier(f"{column} i")}
    is_western = encoding in ("LATIN1", "WIN1252")
    # A number with the spaces or digits of the script.
    number = "0400\u00a0000\u00a0005" if is_western else "０４００　０００　００５"
    entered = {1: "0400 000 001", 2: text, 3: f"{mobile(3)} {text}", 4: None, 5: number}
    with server.connect(new_database(server, encoding), client_encoding="utf8") as session:

        def run(statement, *parameters):
            return session.execute(sql.SQL(statement).format(**names), parameters)

        def numbers(column_sql="phone_show({c})"):
            return dict(run(f"SELECT id, {column_sql} FROM {{t}}").fetchall())

        run("CREATE TABLE {t} (id int PRIMARY KEY, {c} text CONSTRAINT {i} UNIQUE)")
        run("COMMENT ON COLUMN {t}.{c} IS {text}".replace("{text}", sql.Literal(text).as_string(session)))
        for row in entered.items():
            run("INSERT INTO {t} VALUES (%s, %s)", *row)
        # A regclass is read as an identifier is.
        given = (sql.Identifier(table).as_string(session), column)
        run("CALL phone_encrypt_column(%s, %s, keep_original => true)", *given)
        assert state_of(session) == "swapped"
        assert numbers("phone_original({c})") == entered
        assert numbers()[1] == mobile(1)
        assert numbers()[5] == mobile(5)
        assert run("SELECT id FROM {t} WHERE {c} = %s", text).fetchall() == [(2,)]
        assert run("SELECT id FROM {t} WHERE {c} = '+61400000001'").fetchall() == [(1,)]
        upsert = "INSERT INTO {t} VALUES (6, %s) ON CONFLICT ON CONSTRAINT {i} DO UPDATE SET id = 7 RETURNING id"
        assert run(upsert, text).fetchall() == [(7,)]
        run("CALL phone_drop_plaintext(%s, %s)", *given)
        assert state_of(session) == ""
        assert set(numbers("phone_original({c})").values()) == set(entered.values())
        remark = "SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s"
        assert value_of(session, remark, *given) == text


def test_text_that_the_encoding_lacks_is_refused(server):
    """As a value and as a look-up; what the encoding has is stored as it is."""
    with server.connect(new_database(server, "EUC_TW"), client_encoding="utf8") as session:
        session.execute("CREATE TABLE customer (id int, phone text)")
        session.execute("INSERT INTO customer VALUES (1, '0400 000 001'), (2, '請打給王先生')")
        session.execute("CALL phone_encrypt_column('customer', 'phone')")
        for statement in ("INSERT INTO customer VALUES (3, %s)", "SELECT FROM customer WHERE phone = %s"):
            with pytest.raises(errors.UntranslatableCharacter):
                session.execute(statement, ("☎",))
        assert value_of(session, "SELECT phone_show(phone) FROM customer WHERE id = 2") == "請打給王先生"


@pytest.mark.parametrize("at", ["before", "meanwhile"])
def test_any_bytes_of_sql_ascii(server, at):
    """Bytes that are no UTF-8 stop the conversion, and stay where they are; those that are UTF-8 are converted."""
    with server.connect("postgres") as session:
        session.execute("DROP DATABASE IF EXISTS encoding_sql_ascii")
    with server.connect(new_database(server, "SQL_ASCII")) as session:
        session.execute("CREATE TABLE customer (id int PRIMARY KEY, phone text)")
        session.execute("INSERT INTO customer VALUES (1, '0400 000 001'), (2, E'Frau M\\303\\274ller')")
        broken = "INSERT INTO customer VALUES (3, E'Frau M\\374ller')"
        if at == "before":
            session.execute(broken)
            with pytest.raises(errors.Error) as refusal:
                session.execute("CALL phone_encrypt_column('customer', 'phone')")
            assert refusal.value.sqlstate in ("22021", "22P05") and "ller" not in str(refusal.value)
            assert value_of(session, "SELECT count(phone) FROM customer") == 3
            session.execute("UPDATE customer SET phone = E'Frau M\\303\\274ller' WHERE id = 3")
        session.execute("CALL phone_encrypt_column('customer', 'phone')")
        assert value_of(session, "SELECT phone_show(phone)::bytea FROM customer WHERE id = 2") == "Frau Müller".encode()
        if at == "meanwhile":
            with pytest.raises(errors.Error) as refusal:
                session.execute(broken)
            assert refusal.value.sqlstate in ("22021", "22P05") and "ller" not in str(refusal.value)
        assert value_of(session, "SELECT id FROM customer WHERE phone = '+61400000001'") == 1
        session.execute("CALL phone_drop_plaintext('customer', 'phone')")
