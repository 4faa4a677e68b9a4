-- Rate limits: their state, policies and lists. What decides is in src/ratelimit and crates/core/src/ratelimit.

-- The first five columns are those of the legacy application. Columns are read by position
-- (src/ratelimit/rows.rs). COLLATE "C": keys are compared byte by byte. fillfactor and no further index: updates
-- stay within their page (HOT). kind is the space that the key is in (KeyKind in crates/core/src/ratelimit/slots/key.rs):
-- 0 the callers' own keys, 1 those of policies, 2 leases, 3 API tokens under their policies, 4 addresses that API tokens were
-- tried from. No caller can name any but the first. space is a policy's own within its kind:
-- a policy that is dropped and made anew gets another, and so does each trial.
CREATE TABLE phone_crypt.rate_limits (
    id                text        COLLATE "C" NOT NULL,
    count             integer     NOT NULL DEFAULT 0,
    window_start      bigint      NOT NULL,
    created_at        timestamptz DEFAULT pg_catalog.now(),
    updated_at        timestamptz DEFAULT pg_catalog.now(),
    algorithm         smallint,
    window_us         bigint,
    start_us          bigint,
    cur               bigint,
    prev              bigint,
    tat_ns            bigint,
    quota             bigint,
    burst             bigint,
    violations        integer,
    last_violation_us bigint,
    blocked_until_us  bigint,
    expires_us        bigint,
    engine            text,
    kind              smallint    NOT NULL DEFAULT 0,
    space             integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (id, kind, space)
) WITH (fillfactor = 50);
COMMENT ON TABLE phone_crypt.rate_limits IS
    'state of rate limits, a row a key; written by the engines only';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.rate_limits', '');

CREATE SEQUENCE phone_crypt.ratelimit_spaces AS integer;
COMMENT ON SEQUENCE phone_crypt.ratelimit_spaces IS
    'the spaces of policies in phone_crypt.rate_limits';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.ratelimit_spaces', '');

CREATE TABLE phone_crypt.ratelimit_policies (
    -- Read by position (src/ratelimit/policies.rs).
    name         text       COLLATE "C" PRIMARY KEY,
    "limit"      bigint     NOT NULL,
    "window"     interval,
    algorithm    text       NOT NULL DEFAULT 'fixed_window',
    burst        bigint,
    penalties    interval[] NOT NULL DEFAULT '{}',
    shadow       boolean    NOT NULL DEFAULT false,
    durable      boolean    NOT NULL DEFAULT false,
    count_denied boolean    NOT NULL DEFAULT false,
    -- Where its state is, and where that of its trial is while it only watches.
    space        integer    NOT NULL DEFAULT pg_catalog.nextval('phone_crypt.ratelimit_spaces'),
    trial_space  integer,
    -- Windows of a calendar instead of ones of a length.
    calendar     text,
    time_zone    text,
    CHECK (phone_crypt.is_policy(name, "limit", "window", algorithm, burst, penalties, calendar, time_zone))
);
COMMENT ON TABLE phone_crypt.ratelimit_policies IS
    'rate-limit policies; written by ratelimit_policy_set()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.ratelimit_policies', '');
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.ratelimit_policies
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();

-- Deletes the rows of a policy that goes, or of a trial that ends; their kinds are the trigger's argument. At the commit:
-- before, it would keep those waiting that still use the policy. A row that is being written stays until it expires, or for
-- ratelimit_cleanup(); nothing reads it.
CREATE FUNCTION phone_crypt.drop_policy_rows() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_TABLE_SCHEMA <> 'phone_crypt' OR TG_TABLE_NAME NOT IN ('ratelimit_policies', 'send_policies') THEN
        RETURN NULL;
    END IF;
    EXECUTE format('DELETE FROM phone_crypt.rate_limits WHERE ctid = ANY (ARRAY('
                   '    SELECT r.ctid FROM phone_crypt.rate_limits AS r'
                   '     WHERE r.kind = ANY ($1) AND r.space IN ($2, $3)'
                   '       AND NOT EXISTS (SELECT FROM %s AS p WHERE r.space IN (p.space, p.trial_space))'
                   '       FOR UPDATE SKIP LOCKED))', TG_RELID::regclass)
      USING TG_ARGV[0]::smallint[], OLD.space, OLD.trial_space;
    RETURN NULL;
EXCEPTION WHEN serialization_failure THEN
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION phone_crypt.drop_policy_rows() IS
    'the trigger that deletes the rows of a policy that goes, or of a trial that ends';
CREATE CONSTRAINT TRIGGER drop_rows
    AFTER UPDATE OR DELETE ON phone_crypt.ratelimit_policies DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.drop_policy_rows('{1,3}');

CREATE TABLE phone_crypt.ratelimit_lists (
    -- The first three columns are read by position (src/ratelimit/lists.rs).
    list     text COLLATE "C" NOT NULL CHECK (list OPERATOR(pg_catalog.=) ANY (ARRAY['allow', 'deny'])),
    key      text COLLATE "C" UNIQUE CHECK (key OPERATOR(pg_catalog.<>) '' AND pg_catalog.octet_length(key) OPERATOR(pg_catalog.<=) 512),
    network  cidr UNIQUE,
    note     text,
    added_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    -- The number behind a key that is a phone's hash, for a change of the hash key (sql/ratelimit/phones.sql).
    phone_encrypted text CHECK (phone_encrypted IS NULL OR key IS NOT NULL),
    CHECK ((key IS NULL) OPERATOR(pg_catalog.<>) (network IS NULL))
);
COMMENT ON TABLE phone_crypt.ratelimit_lists IS
    'allow and deny lists of rate limits; written by ratelimit_list_key() and ratelimit_list_network()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.ratelimit_lists', '');
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.ratelimit_lists
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();

-- SECURITY DEFINER here and below: whoever may administer limits need not own the tables.
CREATE FUNCTION ratelimit_policy_set(
    name text, "limit" bigint, "window" interval DEFAULT NULL, algorithm text DEFAULT 'fixed_window',
    burst bigint DEFAULT NULL, penalties interval[] DEFAULT '{}', shadow boolean DEFAULT false,
    durable boolean DEFAULT false, count_denied boolean DEFAULT false,
    calendar text DEFAULT NULL, time_zone text DEFAULT NULL
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old_trial integer;
BEGIN
    PERFORM phone_crypt.is_policy(name, "limit", "window", algorithm, burst, penalties, calendar, time_zone);
    IF calendar IS NOT NULL THEN
        PERFORM phone_crypt.check_time_zone(time_zone);
    END IF;
    IF shadow IS NULL OR durable IS NULL OR count_denied IS NULL THEN
        RAISE EXCEPTION 'shadow, durable and count_denied must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT p.trial_space INTO old_trial FROM phone_crypt.ratelimit_policies AS p
     WHERE p.name = ratelimit_policy_set.name FOR UPDATE;
    INSERT INTO phone_crypt.ratelimit_policies AS p
        VALUES (name, "limit", "window", algorithm, burst, penalties, shadow, durable, count_denied, DEFAULT,
                CASE WHEN shadow THEN coalesce(old_trial, nextval('phone_crypt.ratelimit_spaces')) END,
                calendar, time_zone)
        ON CONFLICT ON CONSTRAINT ratelimit_policies_pkey DO UPDATE
        SET "limit" = excluded."limit", "window" = excluded."window", algorithm = excluded.algorithm,
            burst = excluded.burst, penalties = excluded.penalties, shadow = excluded.shadow,
            count_denied = excluded.count_denied, trial_space = excluded.trial_space,
            calendar = excluded.calendar, time_zone = excluded.time_zone
        WHERE p.durable = excluded.durable;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the policy exists, and durable cannot be changed'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Its state is kept in one engine. Drop the policy first: that forgets its state.';
    END IF;
END;
$$;

CREATE FUNCTION ratelimit_policy_drop(name text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION 'name must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM phone_crypt.ratelimit_policies AS p WHERE p.name = ratelimit_policy_drop.name;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM phone_crypt.ratelimit_blocked_phones AS b WHERE b.policy = ratelimit_policy_drop.name;
    RETURN true;
END;
$$;

CREATE FUNCTION ratelimit_list_key(list text, key text, note text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF list IS NULL OR key IS NULL THEN
        RAISE EXCEPTION 'list and key must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF list NOT IN ('allow', 'deny') THEN
        RAISE EXCEPTION 'there are two lists: allow and deny' USING ERRCODE = 'invalid_parameter_value';
    ELSIF octet_length(key) NOT BETWEEN 1 AND 512 THEN
        RAISE EXCEPTION 'a key has 1 to 512 bytes' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO phone_crypt.ratelimit_lists (list, key, note) VALUES (list, key, note)
        ON CONFLICT ON CONSTRAINT ratelimit_lists_key_key
        DO UPDATE SET list = excluded.list, note = excluded.note, added_at = now();
END;
$$;

CREATE FUNCTION ratelimit_list_network(list text, network inet, note text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF list IS NULL OR network IS NULL THEN
        RAISE EXCEPTION 'list and network must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF list NOT IN ('allow', 'deny') THEN
        RAISE EXCEPTION 'there are two lists: allow and deny' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO phone_crypt.ratelimit_lists (list, network, note) VALUES (list, network(network), note)
        ON CONFLICT ON CONSTRAINT ratelimit_lists_network_key
        DO UPDATE SET list = excluded.list, note = excluded.note, added_at = now();
END;
$$;

CREATE FUNCTION ratelimit_unlist_key(key text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM phone_crypt.ratelimit_lists AS l WHERE l.key = ratelimit_unlist_key.key;
    RETURN FOUND;
END;
$$;

CREATE FUNCTION ratelimit_unlist_network(network inet) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM phone_crypt.ratelimit_lists AS l WHERE l.network = network(ratelimit_unlist_network.network);
    RETURN FOUND;
END;
$$;

-- Rows of policies that are gone. Whether one is, is known only while no policy is being made.
CREATE FUNCTION phone_crypt.ratelimit_drop_lost() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    deleted bigint := 0;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RETURN 0;
    END IF;
    LOCK TABLE phone_crypt.ratelimit_policies IN SHARE MODE NOWAIT;
    DELETE FROM phone_crypt.rate_limits WHERE ctid = ANY (ARRAY(
        SELECT r.ctid FROM phone_crypt.rate_limits AS r
         WHERE r.kind IN (1, 3) AND NOT EXISTS (SELECT FROM phone_crypt.ratelimit_policies AS p
                                           WHERE r.space IN (p.space, p.trial_space))
           FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END;
$$;

-- Rows that have expired, and those of policies that are gone; none that somebody has locked: an engine may be about to
-- use it again.
CREATE FUNCTION ratelimit_cleanup(batch_size integer DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    now_us bigint := extract(epoch FROM clock_timestamp()) * 1000000;
    deleted bigint;
    total bigint := 0;
BEGIN
    IF batch_size IS NULL THEN
        RAISE EXCEPTION 'batch_size must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF batch_size < 1 THEN
        RAISE EXCEPTION 'batch_size must be at least 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    LOOP
        DELETE FROM phone_crypt.rate_limits WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM phone_crypt.rate_limits WHERE expires_us <= now_us
             LIMIT batch_size FOR UPDATE SKIP LOCKED));
        GET DIAGNOSTICS deleted = ROW_COUNT;
        total := total + deleted;
        EXIT WHEN deleted < batch_size;
    END LOOP;
    RETURN total + phone_crypt.ratelimit_drop_lost();
END;
$$;

CREATE VIEW phone_crypt.ratelimit_status AS
    SELECT key, policy, engine, algorithm, "limit", "window", burst, used, remaining, reset_at, violations,
           blocked_until, expires_at, updated_at
      FROM phone_crypt.ratelimit_entries();
COMMENT ON VIEW phone_crypt.ratelimit_status IS
    'the live state of every key of this database';

CREATE VIEW phone_crypt.ratelimit_top AS
    SELECT key, policy, hits, denials FROM phone_crypt.ratelimit_entries()
     ORDER BY denials DESC NULLS LAST, hits DESC NULLS LAST LIMIT 100;
COMMENT ON VIEW phone_crypt.ratelimit_top IS
    'the keys denied most, then hit most, since they came into memory';

CREATE VIEW phone_crypt.ratelimit_stats AS
    SELECT engine, slots, slots_in_use, dirty_slots, hits, denials, evictions, table_reads, refusals, flushes,
           flush_failures, last_flush, flush_lag, loaded
      FROM phone_crypt.ratelimit_counters();
COMMENT ON VIEW phone_crypt.ratelimit_stats IS
    'the engine in force, what it did in this database since the server started, and the room it has';

CREATE VIEW phone_crypt.ratelimit_policy_stats AS
    SELECT policy, allowed, limited, blocked, denylisted, shadow FROM phone_crypt.ratelimit_outcomes();
COMMENT ON VIEW phone_crypt.ratelimit_policy_stats IS
    'how hits were answered since the server started, by policy and reason; policy is NULL for hits without one';
