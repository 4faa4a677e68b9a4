-- Other limits for single keys of a policy. What looks them up is in src/ratelimit/overrides.rs.

CREATE TABLE phone_crypt.ratelimit_policy_overrides (
    -- Read by position (src/ratelimit/overrides.rs).
    policy   text        COLLATE "C" NOT NULL REFERENCES phone_crypt.ratelimit_policies (name) ON DELETE CASCADE,
    key      text        COLLATE "C" NOT NULL
             CHECK (pg_catalog.octet_length(key) OPERATOR(pg_catalog.>=) 1 AND pg_catalog.octet_length(key) OPERATOR(pg_catalog.<=) 512),
    "limit"  bigint      NOT NULL,
    "window" interval,   -- NULL: the policy's
    burst    bigint,     -- NULL: the policy's
    until    timestamptz NOT NULL DEFAULT 'infinity',
    note     text,
    added_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (policy, key)
);
COMMENT ON TABLE phone_crypt.ratelimit_policy_overrides IS
    'other limits for single keys of policies; written by ratelimit_policy_override()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.ratelimit_policy_overrides', '');
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.ratelimit_policy_overrides
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();

CREATE FUNCTION ratelimit_policy_override(
    policy text, key text, "limit" bigint, "window" interval DEFAULT NULL, burst bigint DEFAULT NULL,
    until timestamptz DEFAULT 'infinity', note text DEFAULT NULL
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    base record;
BEGIN
    IF policy IS NULL OR key IS NULL OR "limit" IS NULL OR until IS NULL THEN
        RAISE EXCEPTION 'policy, key, limit and until must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF octet_length(key) NOT BETWEEN 1 AND 512 THEN
        RAISE EXCEPTION 'a key has 1 to 512 bytes' USING ERRCODE = 'invalid_parameter_value';
    ELSIF until <= clock_timestamp() THEN
        RAISE EXCEPTION 'until must be in the future' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO base FROM phone_crypt.ratelimit_policies AS p
     WHERE p.name = ratelimit_policy_override.policy FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no rate-limit policy of this name'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'ratelimit_policy_set() makes one.';
    END IF;
    PERFORM phone_crypt.is_policy(base.name, "limit", coalesce("window", base."window"), base.algorithm,
                                  coalesce(burst, base.burst), base.penalties, base.calendar, base.time_zone);
    INSERT INTO phone_crypt.ratelimit_policy_overrides VALUES (policy, key, "limit", "window", burst, until, note)
        ON CONFLICT ON CONSTRAINT ratelimit_policy_overrides_pkey
        DO UPDATE SET "limit" = excluded."limit", "window" = excluded."window", burst = excluded.burst,
                      until = excluded.until, note = excluded.note, added_at = now();
END;
$$;
COMMENT ON FUNCTION ratelimit_policy_override(text, text, bigint, interval, bigint, timestamptz, text) IS
    'gives a key of a policy another limit, for good or until a time';

CREATE FUNCTION ratelimit_policy_override_drop(policy text, key text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF policy IS NULL OR key IS NULL THEN
        RAISE EXCEPTION 'policy and key must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM phone_crypt.ratelimit_policy_overrides AS o
     WHERE o.policy = ratelimit_policy_override_drop.policy AND o.key = ratelimit_policy_override_drop.key;
    RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION ratelimit_policy_override_drop(text, text) IS
    'a key of a policy has the policy''s own limit again; whether it had another';

-- A policy that changes must leave the limits of its overrides possible.
CREATE FUNCTION phone_crypt.check_overrides() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_RELID <> 'phone_crypt.ratelimit_policies'::regclass THEN
        RETURN NULL;
    END IF;
    PERFORM phone_crypt.is_policy(NEW.name, o."limit", coalesce(o."window", NEW."window"), NEW.algorithm,
                                  coalesce(o.burst, NEW.burst), NEW.penalties, NEW.calendar, NEW.time_zone)
       FROM phone_crypt.ratelimit_policy_overrides AS o WHERE o.policy = NEW.name;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_overrides() IS
    'the trigger that refuses a policy under which the limit of an override is not possible';
CREATE TRIGGER check_overrides
    AFTER UPDATE ON phone_crypt.ratelimit_policies
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.check_overrides();

CREATE VIEW phone_crypt.ratelimit_overrides AS
    SELECT o.policy, o.key, o."limit", COALESCE(o."window", p."window") AS "window", COALESCE(o.burst, p.burst) AS burst,
           o.until, o.until OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp() AS in_force, o.note, o.added_at
      FROM phone_crypt.ratelimit_policy_overrides AS o
      JOIN phone_crypt.ratelimit_policies AS p ON p.name OPERATOR(pg_catalog.=) o.policy;
COMMENT ON VIEW phone_crypt.ratelimit_overrides IS
    'other limits for single keys of policies, as they hold';
