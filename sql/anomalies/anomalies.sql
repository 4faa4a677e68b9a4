-- What is watched, what is usual there, and what was not. src/anomalies looks at the end of each window.

CREATE TABLE phone_crypt.activity_watches (
    -- NULL: decryptions by role.
    policy      text     COLLATE "C" REFERENCES phone_crypt.ratelimit_policies (name) ON DELETE CASCADE,
    actions     text[]   NOT NULL
                CHECK (actions OPERATOR(pg_catalog.<@) ARRAY['record', 'notify', 'block', 'throttle']
                       AND (policy IS NOT NULL OR actions OPERATOR(pg_catalog.<@) ARRAY['record', 'notify'])),
    sensitivity text     NOT NULL CHECK (sensitivity OPERATOR(pg_catalog.=) ANY (ARRAY['low', 'medium', 'high'])),
    "window"    interval NOT NULL
                CHECK ("window" OPERATOR(pg_catalog.>=) '1 second'::pg_catalog.interval
                       AND "window" OPERATOR(pg_catalog.<=) '1 day'::pg_catalog.interval),
    duration    interval NOT NULL
                CHECK (duration OPERATOR(pg_catalog.>=) '1 second'::pg_catalog.interval
                       AND duration OPERATOR(pg_catalog.<=) '3650 days'::pg_catalog.interval),
    set_by      text        NOT NULL DEFAULT SESSION_USER,
    set_at      timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE UNIQUE INDEX activity_watches_policy ON phone_crypt.activity_watches (coalesce(policy, ''));
COMMENT ON TABLE phone_crypt.activity_watches IS
    'policies whose hits are watched, and, without a policy, decryptions; written by ratelimit_watch() and phone_crypt_watch_reads()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.activity_watches', '');

CREATE FUNCTION phone_crypt.announce_watch() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'announce_watch_wrapper';
REVOKE EXECUTE ON FUNCTION phone_crypt.announce_watch() FROM PUBLIC;
COMMENT ON FUNCTION phone_crypt.announce_watch() IS
    'has the worker read again what is watched';
CREATE TRIGGER announce_watch
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.activity_watches
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_watch();
ALTER TABLE phone_crypt.activity_watches ENABLE ALWAYS TRIGGER announce_watch;

-- watch is the policy's name in these two, and '' for decryptions.
CREATE TABLE phone_crypt.activity_looks (
    watch        text   COLLATE "C" PRIMARY KEY,
    looked_at_us bigint NOT NULL,
    -- Tells the counters that were looked at from those after a restart.
    run          bigint NOT NULL
);
COMMENT ON TABLE phone_crypt.activity_looks IS
    'when what is watched was looked at last; written by the worker';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.activity_looks', '');

CREATE TABLE phone_crypt.activity_baselines (
    watch      text        COLLATE "C" NOT NULL,
    -- -1 all hits of the policy, -2 a role, else the space of the key (phone_crypt.rate_limits).
    kind       smallint    NOT NULL,
    key        text        COLLATE "C" NOT NULL,
    baseline   bytea       NOT NULL,
    seen       bigint      NOT NULL,
    streak     bigint      NOT NULL,
    anomaly    bigint,
    counted_at timestamptz NOT NULL,
    windows    bigint      NOT NULL,
    PRIMARY KEY (watch, kind, key)
) WITH (fillfactor = 50);
COMMENT ON TABLE phone_crypt.activity_baselines IS
    'what is usual of each key and role that is watched; written by the worker';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.activity_baselines', '');

CREATE SEQUENCE phone_crypt.anomaly_ids;
COMMENT ON SEQUENCE phone_crypt.anomaly_ids IS 'the ids of anomalies';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.anomaly_ids', '');

CREATE TABLE phone_crypt.anomaly_records (
    id            bigint      PRIMARY KEY DEFAULT pg_catalog.nextval('phone_crypt.anomaly_ids'),
    kind          text        NOT NULL,
    policy        text        COLLATE "C",
    key           text        COLLATE "C",
    role          text,
    began_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    windows       bigint      NOT NULL,
    count         double precision NOT NULL,
    expected      double precision NOT NULL,
    score         double precision NOT NULL,
    actions       text[]      NOT NULL,
    blocked_until timestamptz
);
CREATE INDEX ON phone_crypt.anomaly_records (last_at);
COMMENT ON TABLE phone_crypt.anomaly_records IS
    'unusual activity, windows in a row of one key or role in a row; written by the worker';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.anomaly_records', '');

-- A key may be a number's hash, or whatever an application made it: it is shown to those who see it in phone_crypt.ratelimit_status.
CREATE VIEW phone_crypt.anomalies AS
    SELECT r.id, r.kind, r.policy,
           CASE WHEN pg_catalog.has_table_privilege('phone_crypt.ratelimit_status'::pg_catalog.regclass, 'SELECT') THEN r.key END AS key,
           r.role, r.began_at, r.last_at, r.windows, r.count, r.expected, r.score, r.actions, r.blocked_until
      FROM phone_crypt.anomaly_records AS r;
COMMENT ON VIEW phone_crypt.anomalies IS
    'unusual activity: hits on policies that are watched and on their keys, and decryptions by role';

CREATE FUNCTION phone_crypt.set_watch(policy text, actions text[], sensitivity text, "window" interval, duration interval) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF actions IS NULL OR array_position(actions, NULL) IS NOT NULL OR "window" IS NULL OR duration IS NULL THEN
        RAISE EXCEPTION 'actions, window and duration must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT actions <@ ARRAY['record', 'notify', 'block', 'throttle'] THEN
        RAISE EXCEPTION 'actions are record, notify, block and throttle' USING ERRCODE = 'invalid_parameter_value';
    ELSIF policy IS NULL AND actions && ARRAY['block', 'throttle'] THEN
        RAISE EXCEPTION 'actions of decryptions are record and notify' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'phone_crypt_read_budget() limits what a role may read.';
    ELSIF "window" < interval '1 second' OR "window" > interval '1 day' THEN
        RAISE EXCEPTION 'window must be between 1 second and 1 day' USING ERRCODE = 'invalid_parameter_value';
    ELSIF duration < interval '1 second' OR duration > interval '3650 days' THEN
        RAISE EXCEPTION 'duration must be between 1 second and 3650 days' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    actions := ARRAY(SELECT DISTINCT a FROM unnest(actions || ARRAY['record']) AS a ORDER BY a);
    INSERT INTO phone_crypt.activity_watches AS w (policy, actions, sensitivity, "window", duration)
        VALUES (set_watch.policy, set_watch.actions, set_watch.sensitivity, set_watch."window", set_watch.duration)
        ON CONFLICT (coalesce(policy, ''))
        DO UPDATE SET actions = excluded.actions, sensitivity = excluded.sensitivity, "window" = excluded."window",
                      duration = excluded.duration, set_by = excluded.set_by, set_at = excluded.set_at;
END;
$$;
REVOKE EXECUTE ON FUNCTION phone_crypt.set_watch(text, text[], text, interval, interval) FROM PUBLIC;
COMMENT ON FUNCTION phone_crypt.set_watch(text, text[], text, interval, interval) IS
    'behind ratelimit_watch and phone_crypt_watch_reads';

-- SECURITY DEFINER here and below: whoever may set watches need not own the table.
CREATE FUNCTION ratelimit_watch(
    policy text, actions text[] DEFAULT '{record}', sensitivity text DEFAULT 'medium',
    "window" interval DEFAULT '10 minutes', duration interval DEFAULT '1 hour'
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    are_keys_counted boolean := phone_crypt.check_watch(sensitivity);
    is_durable boolean;
BEGIN
    IF policy IS NULL THEN
        RAISE EXCEPTION 'policy must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT p.durable INTO is_durable FROM phone_crypt.ratelimit_policies AS p
     WHERE p.name = ratelimit_watch.policy FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no rate-limit policy of this name'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'ratelimit_policy_set() makes one.';
    END IF;
    PERFORM phone_crypt.set_watch(policy, actions, sensitivity, "window", duration);
    IF is_durable OR NOT are_keys_counted THEN
        RAISE WARNING 'the keys of this policy are not watched one by one, only all of them together'
            USING HINT = 'Only the memory engine counts the hits of each key.';
    END IF;
END;
$$;
COMMENT ON FUNCTION ratelimit_watch(text, text[], text, interval, interval) IS
    'watches the hits of a policy and of each of its keys for what is unusual';

CREATE FUNCTION ratelimit_unwatch(policy text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF policy IS NULL THEN
        RAISE EXCEPTION 'policy must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM phone_crypt.activity_watches AS w WHERE w.policy = ratelimit_unwatch.policy;
    RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION ratelimit_unwatch(text) IS
    'ends the watch of a policy, and forgets what is usual there; whether it was watched';

CREATE FUNCTION phone_crypt_watch_reads(
    actions text[] DEFAULT '{record}', sensitivity text DEFAULT 'medium', "window" interval DEFAULT '1 hour'
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM phone_crypt.check_watch(sensitivity);
    PERFORM phone_crypt.set_watch(NULL, actions, sensitivity, "window", interval '1 hour');
END;
$$;
COMMENT ON FUNCTION phone_crypt_watch_reads(text[], text, interval) IS
    'watches the decryptions of each role for what is unusual';

CREATE FUNCTION phone_crypt_unwatch_reads() RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM phone_crypt.activity_watches AS w WHERE w.policy IS NULL;
    RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION phone_crypt_unwatch_reads() IS
    'ends the watch of decryptions, and forgets what is usual of each role; whether there was one';
COMMENT ON FUNCTION phone_crypt.check_watch(text) IS
    'whether keys can be watched one by one; raises an error where nothing can be watched';
