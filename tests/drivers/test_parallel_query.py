"""Parallel query: what may run in workers does, with the leader's keys, and plain text stays in the leader."""

import json

import psycopg
import pytest
from samples import AU, AU_HASH_K1, AU_UNDER_K1, K1, K1_ID, K2, K2_ID, mobile
from server import value_of

ROWS = 4000
WANTED = 1234

PARALLEL = """
    SET min_parallel_table_scan_size = 0;
    SET parallel_setup_cost = 0;
    SET parallel_tuple_cost = 0;
    SET max_parallel_workers_per_gather = 2;
    -- The leader only collects: every row is a worker's.
    SET parallel_leader_participation = off;
"""


@pytest.fixture(scope="module")
def numbers(server, database):
    """A table of plain numbers and their encrypted values; the tests' input, not an example to follow."""
    with server.connect(database) as session:
        session.execute("CREATE TABLE numbers (id int, phone text, value text)")
        session.execute(
            "INSERT INTO numbers SELECT n, p, phone_encrypt(p) FROM generate_series(0, %s) AS n,"
            " LATERAL (SELECT '040' || lpad(n::text, 7, '0')) AS v (p)",
            [ROWS - 1],
        )
        session.execute("ANALYZE numbers")
    return "numbers"


@pytest.fixture
def parallel(session, numbers):
    session.execute(PARALLEL)
    return session


def plan_of(session, query, *parameters):
    """The top node of what EXPLAIN ANALYZE says."""
    explained = session.execute(f"EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) {query}", parameters).fetchone()[0]
    return explained[0]["Plan"]


def nodes(plan):
    """The node and all below it."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def below_gather(plan):
    """The nodes that run in workers; none if no worker was launched."""
    for node in nodes(plan):
        if node["Node Type"].startswith("Gather") and node["Workers Launched"] > 0:
            for child in node["Plans"]:
                yield from nodes(child)


def calls(node, function):
    """Whether the node itself evaluates the function."""
    own = {key: value for key, value in node.items() if key != "Plans"}
    return f"{function}(" in json.dumps(own)


def assert_runs_in_workers(session, function, query, *parameters):
    plan = plan_of(session, query, *parameters)
    assert any(calls(node, function) for node in below_gather(plan)), json.dumps(plan, indent=1)


def assert_runs_in_the_leader_only(session, function, query, *parameters):
    plan = plan_of(session, query, *parameters)
    assert any(calls(node, function) for node in nodes(plan))
    assert not any(calls(node, function) for node in below_gather(plan)), json.dumps(plan, indent=1)


def set_key(session, key, is_local=False):
    session.execute("SELECT set_config('phone_crypt.encryption_key', %s, %s)", [key, is_local])


FILTER_BY_HASH = "SELECT id FROM numbers WHERE phone_hash(phone) = phone_hash(%s)"
ALL_HASHES = "SELECT md5(string_agg(h, ',' ORDER BY h)) FROM (SELECT phone_hash(phone) AS h FROM numbers) AS v"


def test_hash_runs_in_workers_and_finds_the_row(parallel):
    assert_runs_in_workers(parallel, "phone_hash", FILTER_BY_HASH, mobile(WANTED))
    assert parallel.execute(FILTER_BY_HASH, [mobile(WANTED)]).fetchall() == [(WANTED,)]


def test_hashes_of_workers_are_those_of_the_leader(parallel):
    assert_runs_in_workers(parallel, "phone_hash", "SELECT phone_hash(phone) FROM numbers")
    of_workers = value_of(parallel, ALL_HASHES)
    parallel.execute("SET max_parallel_workers_per_gather = 0")
    assert value_of(parallel, ALL_HASHES) == of_workers


def test_normalize_runs_in_workers_under_the_sessions_regions(parallel):
    query = "SELECT count(*) FROM numbers WHERE phone_try_normalize(phone) = '+614' || substr(phone, 3)"
    assert_runs_in_workers(parallel, "phone_try_normalize", query)
    assert value_of(parallel, query) == ROWS
    parallel.execute("SET phone_crypt.default_regions = ''")
    assert_runs_in_workers(parallel, "phone_try_normalize", query)
    assert value_of(parallel, query) == 0, "a worker did not inherit the session's default_regions"


def test_encrypt_runs_in_workers_and_never_repeats_an_iv(parallel):
    query = "SELECT phone_encrypt(phone) FROM numbers"
    assert_runs_in_workers(parallel, "phone_encrypt", query)
    values = [value for (value,) in parallel.execute(query)]
    assert len({value[:32] for value in values}) == ROWS
    decrypt_all = "SELECT array_agg(p ORDER BY p) FROM (SELECT phone_decrypt(v) FROM unnest(%s::text[]) AS v) AS d (p)"
    assert value_of(parallel, decrypt_all, values) == [mobile(n) for n in range(ROWS)]


@pytest.mark.parametrize("is_local", [False, True], ids=["session", "transaction"])
def test_workers_inherit_a_key_set_in_the(parallel, is_local):
    key_ids = "SELECT DISTINCT phone_key_id(phone_encrypt(phone)) FROM numbers"
    with parallel.transaction():
        set_key(parallel, K2, is_local)
        assert_runs_in_workers(parallel, "phone_encrypt", key_ids)
        assert parallel.execute(key_ids).fetchall() == [(K2_ID,)]
        assert_runs_in_workers(parallel, "phone_hash", FILTER_BY_HASH, mobile(WANTED))
        assert parallel.execute(FILTER_BY_HASH, [mobile(WANTED)]).fetchall() == [(WANTED,)]
    after = K1_ID if is_local else K2_ID
    assert parallel.execute(key_ids).fetchall() == [(after,)]


def test_workers_inherit_previous_keys_and_hash_key(parallel):
    under_k1 = value_of(parallel, ALL_HASHES)
    parallel.execute("SELECT set_config('phone_crypt.previous_keys', %s, false)", [K1])
    set_key(parallel, K2)
    assert value_of(parallel, ALL_HASHES) != under_k1
    parallel.execute("SELECT set_config('phone_crypt.hash_key_id', %s, false)", [K1_ID])
    assert_runs_in_workers(parallel, "phone_hash", "SELECT phone_hash(phone) FROM numbers")
    assert value_of(parallel, ALL_HASHES) == under_k1


def test_workers_count_their_calls(parallel):
    """The counters are in shared memory, so a worker's calls do not go with it."""
    hashed = "SELECT calls FROM phone_crypt.crypto_stats WHERE operation = 'hash'"
    before = value_of(parallel, hashed)
    parallel.execute("SELECT phone_hash(phone) FROM numbers")
    assert value_of(parallel, hashed) - before == ROWS


def test_an_error_in_a_worker_keeps_its_sqlstate(parallel):
    query = "SELECT phone_hash(phone || %s) FROM numbers"
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        parallel.execute(query, ["ask for Bob"])
    assert value_of(parallel, "SELECT phone_hash(%s)", AU) == AU_HASH_K1


@pytest.mark.parametrize("function", ["phone_decrypt", "phone_try_decrypt", "phone_reveal"])
def test_plain_text_stays_in_the_leader(parallel, function):
    query = f"SELECT id, {function}(value) FROM numbers"
    assert_runs_in_the_leader_only(parallel, function, query)
    found = dict(parallel.execute(query).fetchall())
    assert found == {n: mobile(n) for n in range(ROWS)}


def test_decrypting_in_a_filter_beside_a_parallel_scan_gives_the_right_row(parallel):
    query = (
        "SELECT id FROM (SELECT id, phone_decrypt(value) AS number FROM numbers WHERE phone_key_id(value) = %s) AS v"
        " WHERE number = %s"
    )
    assert_runs_in_the_leader_only(parallel, "phone_decrypt", query, K1_ID, mobile(WANTED))
    assert parallel.execute(query, [K1_ID, mobile(WANTED)]).fetchall() == [(WANTED,)]


@pytest.fixture
def forced(parallel):
    """Every statement that may run in a worker does, however small."""
    name = "debug_parallel_query" if parallel.info.server_version >= 160000 else "force_parallel_mode"
    parallel.execute(f"SET {name} = on")
    return parallel


def test_forced_parallel_mode_changes_no_answer(forced):
    assert_runs_in_workers(forced, "phone_hash", "SELECT phone_hash(%s)", AU)
    assert value_of(forced, "SELECT phone_hash(%s)", AU) == AU_HASH_K1
    assert value_of(forced, "SELECT phone_hashes(%s)", AU) == [AU_HASH_K1]
    assert value_of(forced, "SELECT phone_decrypt(phone_encrypt(%s))", AU) == AU
    assert value_of(forced, "SELECT phone_decrypt(%s)", AU_UNDER_K1) == AU
    assert value_of(forced, "SELECT phone_reencrypt(%s)", AU_UNDER_K1) == AU_UNDER_K1


def test_forced_parallel_mode_is_no_way_round_require_tls(forced):
    forced.execute("SET phone_crypt.require_tls = on")
    assert value_of(forced, "SELECT phone_hash(%s)", AU) == AU_HASH_K1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        forced.execute("SELECT phone_decrypt(%s)", [AU_UNDER_K1])


def test_workers_are_held_to_the_pin(server, parallel):
    database = server.create_database("pinned_parallel")
    with server.connect(database) as session:
        session.execute("CREATE TABLE numbers AS SELECT '0401148075' AS phone FROM generate_series(1, 100)")
        session.execute("SELECT phone_crypt_pin_keys()")
        session.execute(PARALLEL)
        query = "SELECT DISTINCT phone_hash(phone) FROM numbers"
        assert_runs_in_workers(session, "phone_hash", query)
        assert session.execute(query).fetchall() == [(AU_HASH_K1,)]
        set_key(session, K2)
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=K1_ID):
            session.execute(query)
