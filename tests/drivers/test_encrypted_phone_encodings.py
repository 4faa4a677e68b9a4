"""Columns of the data type in databases of every server encoding, and clients of others: a text is the same text in all."""

import pytest
from psycopg import errors, sql
from samples import K1_ID, mobile
from server import value_of

# Encoding, names of a table and a column that are as long as a name may be, text that is no number, and a number in the
# digits or spaces of the script.
DATABASES = {
    "UTF8": ("顧客" + "表" * 19, "電話 \"☎\"", "山田さんに電話 ☎", "０４００　０００　００５"),
    "EUC_JP": ("顧客" * 15, "電話", "山田さんに電話", "０４００　０００　００５"),
    "EUC_KR": ("고객" * 15, "전화", "김 씨에게 전화", "０４００　０００　００５"),
    "EUC_CN": ("客户" * 15, "电话", "请打给王先生", "０４００　０００　００５"),
    "EUC_TW": ("客戶", "電話", "請打給王先生", "０４００　０００　００５"),
    "LATIN1": ("Kürzel" * 10, "Téléphone", "Frau Müller, abends", "0400\u00a0000\u00a0005"),
    "WIN1252": ("Kürzel", "Téléphone €", "Frau Müller – abends", "0400\u00a0000\u00a0005"),
    "ISO_8859_5": ("Клиенты", "Телефон", "спросить Анну", "0400\u00a0000\u00a0005"),
    "KOI8R": ("Клиенты", "Телефон", "спросить Анну", "0400\u00a0000\u00a0005"),
}


def new_database(server, encoding):
    name = f"typed_{encoding}".lower()
    with server.connect() as session:
        session.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
    with server.connect(name, client_encoding="utf8") as session:
        session.execute("CREATE EXTENSION phone_crypt")
    return name


@pytest.mark.parametrize("encoding", DATABASES)
def test_text_and_names_outside_ascii(server, encoding):
    table, column, text, number = DATABASES[encoding]
    names = {"t": sql.Identifier(table), "c": sql.Identifier(column)}
    entered = {1: "0400 000 001", 2: text, 3: f"{text} {mobile(3)}", 4: None, 5: number}
    database = new_database(server, encoding)
    with server.connect(database, client_encoding="utf8") as session:

        def run(statement, *parameters):
            return session.execute(sql.SQL(statement).format(**names), parameters).fetchall()

        session.execute(sql.SQL("CREATE TABLE {t} (id int PRIMARY KEY, {c} encrypted_phone UNIQUE)").format(**names))
        for row in entered.items():
            run("INSERT INTO {t} VALUES (%s, %s) RETURNING id", *row)
        session.execute("SET enable_seqscan = off")
        assert run("SELECT id FROM {t} WHERE {c} = %s", text) == [(2,)]
        assert run("SELECT id FROM {t} WHERE {c} = ANY(%s) ORDER BY 1", [text, mobile(1), mobile(5)]) == [(1,), (2,), (5,)]
        assert dict(run("SELECT id, phone_original({c}) FROM {t}")) == entered | {1: mobile(1), 5: mobile(5)}
        assert run("SELECT phone_decrypt({c}) FROM {t} WHERE id IN (3, 5) ORDER BY id") == [(mobile(3),), (mobile(5),)]
        given = (sql.Identifier(table).as_string(session), column)
        session.execute("CALL phone_verify_column(%s, %s)", given)
        assert session.execute("SELECT * FROM phone_column_keys(%s, %s)", given).fetchall() == [(K1_ID, K1_ID, 4)]
        with pytest.raises(errors.UniqueViolation):
            run("INSERT INTO {t} VALUES (6, %s)", text)
        # The value of a text is the same bytes wherever it was made.
        (here,) = run("SELECT {c}::text FROM {t} WHERE id = 2")[0]
        with server.connect() as elsewhere:
            elsewhere.execute("CREATE EXTENSION IF NOT EXISTS phone_crypt")
            assert value_of(elsewhere, "SELECT %s::encrypted_phone::text", text) == here
    # Whoever connects in the database's own encoding says and sees the same.
    if encoding not in ("EUC_TW",):  # which Python does not know
        with server.connect(database, client_encoding=encoding) as session:
            query = sql.SQL("SELECT phone_decrypt({c}) FROM {t} WHERE {c} = %s").format(**names)
            assert session.execute(query, (text,)).fetchall() == [(text,)]


def test_what_the_encoding_of_the_database_lacks_is_found_and_never_shown_wrong(server):
    """A value restored from a database that has more characters."""
    with server.connect() as session:
        session.execute("CREATE EXTENSION IF NOT EXISTS phone_crypt")
        texts = ["山田さんに電話", "山田さん 0400 000 001", "Frau Müller"]
        values = [value_of(session, "SELECT %s::encrypted_phone::text", text) for text in texts]
    with server.connect() as session:
        session.execute("CREATE DATABASE typed_narrow TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    with server.connect("typed_narrow", client_encoding="utf8") as session:
        session.execute("CREATE EXTENSION phone_crypt; CREATE TABLE customer (id int, phone encrypted_phone UNIQUE)")
        for row in enumerate(values):
            session.execute("INSERT INTO customer VALUES (%s, %s)", row)
        assert value_of(session, "SELECT id FROM customer WHERE phone = '0400 000 001'") == 1
        assert value_of(session, "SELECT id FROM customer WHERE phone = 'Frau Müller'") == 2
        assert value_of(session, "SELECT phone_decrypt(phone) FROM customer WHERE id = 1") == mobile(1)
        assert value_of(session, "SELECT bool_and(phone_verify(phone)) FROM customer") is True
        for show in ("phone_decrypt", "phone_original"):
            with pytest.raises(errors.UntranslatableCharacter):
                session.execute(f"SELECT {show}(phone) FROM customer WHERE id = 0")
        with pytest.raises(errors.UntranslatableCharacter):
            session.execute("SELECT phone_original(phone) FROM customer WHERE id = 1")
        # As text and back it is what it was.
        assert value_of(session, "SELECT phone::text FROM customer WHERE id = 0") == values[0]


def test_bytes_that_are_no_text_are_refused_without_an_echo(server):
    with server.connect() as session:
        session.execute("CREATE DATABASE typed_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    with server.connect("typed_ascii", client_encoding="SQL_ASCII") as session:
        session.execute("CREATE EXTENSION phone_crypt; CREATE TABLE customer (id int, phone encrypted_phone UNIQUE)")
        session.execute("INSERT INTO customer VALUES (1, '0400 000 001'), (2, E'Frau M\\xc3\\xbcller')")
        assert value_of(session, "SELECT phone_decrypt(phone) = E'Frau M\\xc3\\xbcller' FROM customer WHERE id = 2") is True
        assert value_of(session, "SELECT id FROM customer WHERE phone = '+61400000001'") == 1
        for statement in (
            "INSERT INTO customer VALUES (3, E'0400 000 003 \\xff\\xfe')",
            "INSERT INTO customer VALUES (3, E'0400 000 003 \\xff\\xfe'::text)",
            "SELECT id FROM customer WHERE phone = E'0400 000 003 \\xff\\xfe'::text",
        ):
            with pytest.raises(errors.CharacterNotInRepertoire) as raised:
                session.execute(statement)
            diagnostic = raised.value.diag
            parts = (diagnostic.message_primary, diagnostic.message_detail, diagnostic.message_hint, diagnostic.context)
            assert not any("400" in str(part) for part in parts)
