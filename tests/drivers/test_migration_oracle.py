"""phone_migrate_rate_limits against the rule computed in plain SQL with pgcrypto's hmac, row by row.

PHONE_CRYPT_MIGRATION_ROWS: how many rows, 50,000 by default.
"""

import os
import time
from pathlib import Path

import pytest
from samples import K1
from server import running, value_of

ROWS = int(os.environ.get("PHONE_CRYPT_MIGRATION_ROWS") or 50_000)
CONF = """
phone_crypt.hash_scheme = 'raw'
statement_timeout = 0
max_wal_size = '4GB'
"""
GENERATE = (Path(__file__).parent / "legacy_rows.sql").read_text(encoding="utf-8")
WINDOW_MS = 3_600_000

# Live rows of a key: all hits since the latest start. None live: the newest, of two as new the one with more hits.
EXPECTED = f"""
CREATE TABLE expected AS
SELECT key AS id,
       CASE WHEN bool_or(is_live) THEN least(sum(count) FILTER (WHERE is_live), 2147483647)
            ELSE (array_agg(count ORDER BY window_start DESC, count DESC))[1] END AS count,
       CASE WHEN bool_or(is_live) THEN max(window_start) FILTER (WHERE is_live) ELSE max(window_start) END
           AS window_start,
       min(created_at) AS created_at, max(updated_at) AS updated_at
  FROM (SELECT *, CASE WHEN e164 IS NULL THEN id
                       ELSE 'phone_hash:' || encode(hmac(e164, '{K1}', 'sha256'), 'hex') END AS key,
               window_start + {WINDOW_MS} > %s * 1000 AS is_live
          FROM legacy) AS met
 GROUP BY key
"""
DIFFERENT = """
SELECT count(*) FROM expected AS e FULL JOIN rate_limits AS r USING (id)
 WHERE (e.count, e.window_start, e.created_at, e.updated_at)
       IS DISTINCT FROM (r.count, r.window_start, r.created_at, r.updated_at)
"""


@pytest.fixture(scope="module")
def migrated():
    """A database whose rows are migrated, and as of when."""
    with running([K1], CONF) as server:
        server.create_database("shop")
        server.program(
            "psql", "-d", "shop", "-Xq", "-v", "ON_ERROR_STOP=1", "-v", f"rows={ROWS}", "-v", f"key={K1}",
            "-v", f"now_ms={int(time.time() * 1000)}", text=f"CREATE EXTENSION pgcrypto;\n{GENERATE}", patience=None,
        )
        with server.connect("shop") as session:
            session.execute("CALL phone_migrate_rate_limits('rate_limits')")
            as_of = value_of(session, "SELECT extract(epoch FROM as_of) FROM phone_crypt.jobs WHERE state = 'done'")
            session.execute(EXPECTED, [as_of])
            session.execute("ANALYZE expected")
            yield session


def rows_that_mean(session, *meanings):
    return value_of(session, "SELECT count(*) FROM legacy WHERE meaning::text = ANY (%s)", list(meanings))


def test_the_rows_are_of_every_kind(migrated):
    meanings = dict(migrated.execute("SELECT meaning::text, count(*) FROM legacy GROUP BY meaning").fetchall())
    assert set(meanings) == {"phone", "repaired", "hash", "naive", "garbage", "other"}
    assert sum(meanings.values()) > 0.95 * ROWS
    assert meanings["naive"] + meanings["garbage"] > 0.005 * ROWS
    merged = value_of(migrated, "SELECT (SELECT count(*) FROM legacy) - count(*) FROM expected")
    assert merged > 0.08 * ROWS
    assert value_of(migrated, "SELECT count(*) FROM expected WHERE count = 2147483647") > 0


def test_every_row_is_as_the_rule_says(migrated):
    assert value_of(migrated, DIFFERENT) == 0


def test_no_number_is_left_but_what_is_none(migrated):
    left = value_of(migrated, "SELECT count(*) FROM rate_limits WHERE id LIKE 'phone:%%'")
    assert left == rows_that_mean(migrated, "naive", "garbage")


def test_the_counts_are_those_of_the_rows(migrated):
    counts = value_of(migrated, "SELECT details FROM phone_crypt.jobs WHERE state = 'done'")
    rows = value_of(migrated, "SELECT count(*) FROM legacy")
    assert counts["converted"] == rows_that_mean(migrated, "phone", "repaired")
    assert counts["repaired"] == rows_that_mean(migrated, "repaired")
    assert counts["merged"] == rows - value_of(migrated, "SELECT count(*) FROM expected")
    assert counts["left_naive"] == rows_that_mean(migrated, "naive")
    assert counts["left_not_a_phone_number"] == rows_that_mean(migrated, "garbage")


def test_a_second_run_changes_nothing(migrated):
    migrated.execute("CALL phone_migrate_rate_limits('rate_limits')")
    assert value_of(migrated, DIFFERENT) == 0
