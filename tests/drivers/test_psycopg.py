"""Every way in which a driver sends parameters and fetches results, with values and hashes in them."""

import psycopg
import pytest
from psycopg import sql
from samples import (
    AU, AU_HASH_K1, AU_HASH_K1_IN_USERS, AU_HASH_K2, AU_NATIONAL, AU_UNDER_K1, BOB_UNDER_K1, K1, K1_ID, K2,
    US, US_HASH_K1, US_UNDER_K1_IN_USERS, mobile,
)
from server import value_of

ROWS = 500


def fill(session, table, rows=ROWS):
    """Encrypts that many different numbers into the table."""
    with session.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} VALUES (%s, phone_encrypt(%s, 'users.phone'), phone_hash(%s, 'users.phone'))",
            [(n, mobile(n), mobile(n)) for n in range(rows)],
        )


def numbers(session, table):
    """What the table holds, decrypted, by id."""
    query = f"SELECT id, phone_decrypt(phone, 'users.phone') FROM {table} ORDER BY id"
    return dict(session.execute(query).fetchall())


def all_numbers(rows=ROWS):
    return {n: mobile(n) for n in range(rows)}


@pytest.mark.parametrize("binary_result", [False, True], ids=["text_result", "binary_result"])
@pytest.mark.parametrize("placeholder", ["%t", "%b"], ids=["text_parameter", "binary_parameter"])
class TestFormats:
    """Text and binary format, of parameters and of results, give the same answers."""

    def one(self, session, binary_result, query, *parameters):
        return session.execute(query, parameters, binary=binary_result).fetchone()[0]

    def test_normalize(self, session, placeholder, binary_result):
        assert self.one(session, binary_result, f"SELECT phone_normalize({placeholder})", AU_NATIONAL) == AU

    def test_hash_matches_the_published_answer(self, session, placeholder, binary_result):
        query = f"SELECT phone_hash({placeholder}, {placeholder})"
        assert self.one(session, binary_result, query, AU_NATIONAL, "users.phone") == AU_HASH_K1_IN_USERS

    def test_decrypt_reads_the_published_value(self, session, placeholder, binary_result):
        query = f"SELECT phone_decrypt({placeholder}, {placeholder})"
        assert self.one(session, binary_result, query, US_UNDER_K1_IN_USERS, "users.phone") == US

    def test_encrypt_and_decrypt_are_inverse(self, session, placeholder, binary_result):
        value = self.one(session, binary_result, f"SELECT phone_encrypt({placeholder})", AU_NATIONAL)
        assert len(value) == 139
        assert self.one(session, binary_result, f"SELECT phone_decrypt({placeholder})", value) == AU

    def test_raw_text_keeps_every_character(self, session, placeholder, binary_result):
        text = "é ☎ 𝟘 \x01\n"
        query = f"SELECT phone_decrypt_raw(phone_encrypt_raw({placeholder}))"
        assert self.one(session, binary_result, query, text) == text

    def test_boolean_results(self, session, placeholder, binary_result):
        assert self.one(session, binary_result, f"SELECT phone_is_valid({placeholder})", AU_NATIONAL) is True
        assert self.one(session, binary_result, f"SELECT phone_is_valid({placeholder})", "ask for Bob") is False

    def test_array_results(self, session, placeholder, binary_result):
        assert self.one(session, binary_result, f"SELECT phone_hashes({placeholder})", AU) == [AU_HASH_K1]

    def test_null_parameters_give_null(self, session, placeholder, binary_result):
        for name in ("normalize", "encrypt", "decrypt", "hash", "hashes", "mask"):
            function = f"phone_{name}"
            assert self.one(session, binary_result, f"SELECT {function}({placeholder}::text)", None) is None, function


def test_array_parameters(session):
    spellings = [AU_NATIONAL, "+61 401 148 075", None, US]
    query = "SELECT array_agg(phone_hash(n) ORDER BY place) FROM unnest(%b::text[]) WITH ORDINALITY AS v (n, place)"
    assert value_of(session, query, spellings) == [AU_HASH_K1, AU_HASH_K1, None, US_HASH_K1]


def test_lookup_with_any_of_phone_hashes_uses_the_index_and_finds_rows_under_both_keys(session, table):
    fill(session, table)
    session.execute("SELECT set_config('phone_crypt.encryption_key', %s, false)", [K2])
    session.execute(f"INSERT INTO {table} VALUES (1000, phone_encrypt(%s), phone_hash(%s))", [AU, AU])
    session.execute("SELECT set_config('phone_crypt.encryption_key', %s, false)", [K1])
    session.execute("SELECT set_config('phone_crypt.previous_keys', %s, false)", [K2])
    session.execute(f"INSERT INTO {table} VALUES (1001, phone_encrypt(%s), phone_hash(%s))", [AU, AU])
    session.execute(f"CREATE INDEX ON {table} (phone_hash)")
    session.execute(f"ANALYZE {table}")
    session.execute("SET enable_seqscan = off")

    assert value_of(session, "SELECT phone_hashes(%s)", AU) == [AU_HASH_K1, AU_HASH_K2]
    lookup = f"SELECT id FROM {table} WHERE phone_hash = ANY (phone_hashes(%s)) ORDER BY id"
    assert session.execute(lookup, [AU_NATIONAL]).fetchall() == [(1000,), (1001,)]
    plan = "\n".join(line for (line,) in session.execute(f"EXPLAIN {lookup}", [AU_NATIONAL]))
    assert f"{table}_phone_hash_idx" in plan and "Index Cond" in plan


def test_executemany_writes_every_row(session, table):
    fill(session, table)
    assert numbers(session, table) == all_numbers()
    assert value_of(session, f"SELECT count(DISTINCT phone) FROM {table}") == ROWS
    assert value_of(session, f"SELECT count(DISTINCT left(phone, 32)) FROM {table}") == ROWS, "an IV was used twice"


def test_executemany_returns_every_result(session):
    with session.cursor() as cursor:
        cursor.executemany("SELECT phone_normalize(%s)", [(AU_NATIONAL,), (US,), (None,)], returning=True)
        found = [cursor.fetchone()[0]]
        while cursor.nextset():
            found.append(cursor.fetchone()[0])
    assert found == [AU, US, None]


def test_a_bad_number_in_executemany_leaves_no_row_behind(session, table):
    batch = [(n, mobile(n) if n != 30 else "ask for Bob") for n in range(60)]
    with pytest.raises(psycopg.errors.InvalidParameterValue), session.transaction(), session.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} VALUES (%s, phone_encrypt(%s))", batch)
    assert value_of(session, f"SELECT count(*) FROM {table}") == 0


def test_pipeline_mode_gives_every_answer_in_order(session):
    with session.pipeline():
        hashes = [session.execute("SELECT phone_hash(%s)", [mobile(n)]) for n in range(100)]
        number = session.execute("SELECT phone_decrypt(%s)", [AU_UNDER_K1])
        absent = session.execute("SELECT phone_hash(%s)", [None])
    assert len({cursor.fetchone()[0] for cursor in hashes}) == 100
    assert number.fetchone() == (AU,)
    assert absent.fetchone() == (None,)


def test_an_error_in_a_pipeline_ends_that_pipeline_only(session, table):
    session.autocommit = False
    with pytest.raises(psycopg.errors.InvalidParameterValue), session.pipeline():
        session.execute(f"INSERT INTO {table} VALUES (1, phone_encrypt(%s))", [AU])
        session.execute("SELECT phone_encrypt(%s)", ["ask for Bob"])
        session.execute(f"INSERT INTO {table} VALUES (2, phone_encrypt(%s))", [US])
    session.rollback()
    session.autocommit = True
    assert value_of(session, f"SELECT count(*) FROM {table}") == 0
    with session.pipeline():
        answer = session.execute("SELECT phone_hash(%s)", [AU])
    assert answer.fetchone() == (AU_HASH_K1,)


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_server_side_cursor_decrypts_as_it_is_fetched(session, table, binary):
    fill(session, table)
    with session.transaction(), session.cursor("reader", binary=binary, scrollable=True) as cursor:
        cursor.execute(
            f"SELECT id, phone_decrypt(phone, %s) FROM {table} WHERE id >= %s ORDER BY id", ["users.phone", 10]
        )
        assert cursor.fetchmany(3) == [(n, mobile(n)) for n in (10, 11, 12)]
        cursor.scroll(100, mode="absolute")
        assert cursor.fetchone() == (110, mobile(110))
        cursor.scroll(0, mode="absolute")
        assert len(cursor.fetchall()) == ROWS - 10


def test_cursor_that_outlives_its_transaction_keeps_its_answers(session, table):
    fill(session, table)
    with session.cursor("held", withhold=True) as cursor:
        with session.transaction():
            cursor.execute(f"SELECT phone_decrypt(phone, 'users.phone') FROM {table} ORDER BY id")
        assert cursor.fetchmany(2) == [(mobile(0),), (mobile(1),)]


@pytest.mark.parametrize("copy_format", ["text", "csv", "binary"])
def test_copy_moves_encrypted_values_unchanged(session, table, copy_format):
    fill(session, table)
    session.execute(f"CREATE TEMPORARY TABLE copied (LIKE {table})")
    option = sql.SQL(f"(FORMAT {copy_format})")
    with session.cursor() as reader, reader.copy(sql.SQL(f"COPY {table} TO STDOUT {{}}").format(option)) as out:
        exported = b"".join(bytes(block) for block in out)
    with session.cursor() as writer, writer.copy(sql.SQL("COPY copied FROM STDIN {}").format(option)) as into:
        into.write(exported)
    assert numbers(session, "copied") == all_numbers()
    differing = f"SELECT count(*) FROM {table} JOIN copied USING (id) WHERE {table}.phone <> copied.phone"
    assert value_of(session, differing) == 0
    session.execute("DROP TABLE copied")


def test_copy_out_decrypts(session, table):
    fill(session, table)
    query = f"COPY (SELECT id, phone_decrypt(phone, 'users.phone') FROM {table} ORDER BY id) TO STDOUT"
    with session.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(["int4", "text"])
        assert dict(copy.rows()) == all_numbers()


def test_copy_in_encrypts_through_a_trigger(session, table):
    session.execute(
        f"""CREATE FUNCTION encrypt_row() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.phone_hash := phone_hash(NEW.phone, 'users.phone');
                NEW.phone := phone_encrypt(NEW.phone, 'users.phone');
                RETURN NEW;
            END $$;
            CREATE TRIGGER encrypt BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION encrypt_row()"""
    )
    with session.cursor() as cursor, cursor.copy(f"COPY {table} (id, phone) FROM STDIN") as copy:
        for n in range(ROWS):
            copy.write_row((n, mobile(n)))
    assert numbers(session, table) == all_numbers()
    assert value_of(session, f"SELECT count(*) FROM {table} WHERE phone_key_id(phone) = %s", K1_ID) == ROWS
    session.execute("DROP FUNCTION encrypt_row() CASCADE")


def test_raw_text_of_one_megabyte_travels_both_ways(session):
    text = "ask for Bob ☎ " * 70_000
    value = value_of(session, "SELECT phone_encrypt_raw(%b)", text)
    assert value_of(session, "SELECT phone_decrypt_raw(%b)", value) == text


def test_a_client_in_latin1_reads_and_writes_what_a_utf8_client_does(server, database, session):
    with server.connect(database, client_encoding="LATIN1") as latin1:
        value = value_of(latin1, "SELECT phone_encrypt(%s, %s)", AU, "société")
        raw_text = value_of(latin1, "SELECT phone_encrypt_raw(%s)", "fünf é")
        assert value_of(latin1, "SELECT phone_decrypt_raw(%s)", BOB_UNDER_K1) == "ask for Bob"
        sign = value_of(session, "SELECT phone_encrypt_raw(%s)", "☎")
        with pytest.raises(psycopg.errors.UntranslatableCharacter):
            latin1.execute("SELECT phone_decrypt_raw(%s)", [sign])
    assert value_of(session, "SELECT phone_decrypt(%s, %s)", value, "société") == AU
    assert value_of(session, "SELECT phone_decrypt_raw(%s)", raw_text) == "fünf é"
