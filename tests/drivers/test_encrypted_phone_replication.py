"""Columns of the data type as the target of logical replication: of the same type, and of a plain text column."""

import pytest
from samples import K1, mobile
from server import running, value_of, wait_until


@pytest.fixture(scope="module")
def publisher():
    with running([K1], "wal_level = logical\n") as server:
        database = server.create_database("source")
        with server.connect(database) as session:
            session.execute(
                "CREATE TABLE same (id int PRIMARY KEY, phone encrypted_phone UNIQUE);"
                "CREATE TABLE plain (id int PRIMARY KEY, phone text);"
                "ALTER TABLE same REPLICA IDENTITY FULL;"
                "INSERT INTO same VALUES (1, '0400 000 001'); INSERT INTO plain VALUES (1, '0400 000 001');"
                "CREATE PUBLICATION everything FOR TABLE same, plain"
            )
        yield server


@pytest.mark.parametrize("binary", [False, True])
def test_changes_arrive(server, publisher, binary):
    database = server.create_database(f"target_{binary}".lower())
    tables = ["same"] if binary else ["same", "plain"]
    with server.connect(database) as target, publisher.connect("source") as source:
        if binary:
            source.execute("CREATE PUBLICATION only_same FOR TABLE same")
        target.execute(
            "CREATE TABLE same (id int PRIMARY KEY, phone encrypted_phone UNIQUE);"
            "ALTER TABLE same REPLICA IDENTITY FULL;"
            "CREATE TABLE plain (id int PRIMARY KEY, phone encrypted_phone UNIQUE);"
            # From 16 on changes are applied in the owner's name: stored values need no right then, plain text does.
            f"CREATE ROLE owner_of_same_{binary}; ALTER TABLE same OWNER TO owner_of_same_{binary};"
            f"CREATE ROLE owner_of_plain_{binary}; ALTER TABLE plain OWNER TO owner_of_plain_{binary};"
            f"SELECT phone_crypt_grant('owner_of_plain_{binary}', 'writer');"
        )
        publication = "only_same" if binary else "everything"
        options = "WITH (binary = true)" if binary else ""
        connection = f"host={publisher.directory} port=5432 user=postgres dbname=source"
        target.execute(f"CREATE SUBSCRIPTION copy_{binary} CONNECTION '{connection}' PUBLICATION {publication} {options}")
        try:
            for table in tables:
                offset = 10 if binary else 20
                source.execute(f"INSERT INTO {table} VALUES (%s, %s)", (offset, mobile(offset)))
                source.execute(f"UPDATE {table} SET phone = %s WHERE id = %s", (mobile(offset + 1), offset))
                query = f"SELECT count(*) FROM {table} WHERE phone = %s"
                for n in (1, offset + 1):
                    wait_until("the row arrives", lambda: value_of(target, query, mobile(n)) == 1)
                source.execute(f"DELETE FROM {table} WHERE id = %s", (offset,))
                wait_until("the row goes", lambda: value_of(target, query, mobile(offset + 1)) == 0)
                assert value_of(target, f"SELECT bool_and(phone_verify(phone)) FROM {table}") is True
        finally:
            target.execute(f"DROP SUBSCRIPTION copy_{binary}")
            if binary:
                source.execute("DROP PUBLICATION only_same")
