-- Webhook endpoints, their secrets, and which messages were seen. What verifies is in src/webhooks and
-- crates/core/src/webhook.

CREATE SEQUENCE phone_crypt.webhook_endpoint_ids AS integer;
COMMENT ON SEQUENCE phone_crypt.webhook_endpoint_ids IS
    'the numbers of webhook endpoints';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.webhook_endpoint_ids', '');

CREATE TABLE phone_crypt.webhook_endpoints (
    -- The first five columns are read by position (src/webhooks/endpoints.rs).
    id            integer     NOT NULL UNIQUE DEFAULT pg_catalog.nextval('phone_crypt.webhook_endpoint_ids'),
    name          text        COLLATE "C" PRIMARY KEY,
    scheme        text        NOT NULL,
    tolerance     interval    NOT NULL,
    -- How long a message is known at least: what was signed with a time expires by the tolerance anyway.
    replay_period interval    NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE phone_crypt.webhook_endpoints IS
    'webhook endpoints; written by webhook_endpoint_create()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.webhook_endpoints', '');
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.webhook_endpoints
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();

-- An endpoint has one secret in force, and during a rotation the one before it.
CREATE TABLE phone_crypt.webhook_secrets (
    -- The first three columns are read by position (src/webhooks/endpoints.rs).
    endpoint   integer     NOT NULL,
    secret     text        COLLATE "C" NOT NULL,
    ends_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE UNIQUE INDEX webhook_secrets_in_force ON phone_crypt.webhook_secrets (endpoint) WHERE ends_at IS NULL;
CREATE UNIQUE INDEX webhook_secrets_ending ON phone_crypt.webhook_secrets (endpoint) WHERE ends_at IS NOT NULL;
COMMENT ON TABLE phone_crypt.webhook_secrets IS
    'secrets and public keys of webhook endpoints, encrypted';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.webhook_secrets', '');
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.webhook_secrets
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();

-- Rows are only inserted and deleted.
CREATE TABLE phone_crypt.webhook_seen (
    endpoint   integer     NOT NULL,
    -- SHA-256 of the message's id, or of what was signed.
    message    bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (endpoint, message)
);
COMMENT ON TABLE phone_crypt.webhook_seen IS
    'webhooks that were accepted, until they expire; written by webhook_receive()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.webhook_seen', '');

-- An interval that an age can be held against.
CREATE FUNCTION phone_crypt.check_webhook_interval(value interval, title text, longest interval) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A message shows nothing that somebody may have put there.
    IF title <> ALL (ARRAY['tolerance', 'replay_period', 'grace']) THEN
        title := 'the interval';
    END IF;
    IF value IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', title USING ERRCODE = 'null_value_not_allowed';
    ELSIF value < '0' OR value > longest THEN
        RAISE EXCEPTION '% must be between 0 and %', title, longest USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_webhook_interval(interval, text, interval) IS
    'refuses an interval that is NULL or out of range';

-- SECURITY DEFINER here and below: whoever may administer endpoints need not own the tables.
CREATE FUNCTION webhook_endpoint_create(
    name text, scheme text, secret text DEFAULT NULL, tolerance interval DEFAULT '5 minutes',
    public_key text DEFAULT NULL, replay_period interval DEFAULT NULL
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_id integer;
    sealed text;
BEGIN
    PERFORM phone_crypt.check_webhook_interval(tolerance, 'tolerance', '7 days');
    PERFORM phone_crypt.check_webhook_interval(coalesce(replay_period, '0'), 'replay_period', '366 days');
    IF (secret IS NULL) = (public_key IS NULL) THEN
        RAISE EXCEPTION 'give either a secret or a public key' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    sealed := phone_crypt.webhook_seal(scheme, name, coalesce(secret, public_key), secret IS NULL);
    INSERT INTO phone_crypt.webhook_endpoints AS e (name, scheme, tolerance, replay_period)
        VALUES (name, scheme, tolerance,
                coalesce(replay_period, CASE WHEN phone_crypt.webhook_signs_time(scheme) THEN interval '0' ELSE interval '7 days' END))
        ON CONFLICT DO NOTHING RETURNING e.id INTO new_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a webhook endpoint of this name exists' USING ERRCODE = 'duplicate_object',
            HINT = 'webhook_endpoint_rotate() gives it another secret.';
    END IF;
    INSERT INTO phone_crypt.webhook_secrets (endpoint, secret) VALUES (new_id, sealed);
END;
$$;

CREATE FUNCTION webhook_endpoint_rotate(name text, secret text, grace interval DEFAULT '24 hours') RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id integer;
    found_scheme text;
    sealed text;
BEGIN
    PERFORM phone_crypt.check_webhook_interval(grace, 'grace', '366 days');
    IF name IS NULL THEN
        RAISE EXCEPTION 'name must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT e.id, e.scheme INTO found_id, found_scheme FROM phone_crypt.webhook_endpoints AS e
     WHERE e.name = webhook_endpoint_rotate.name FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no webhook endpoint of this name' USING ERRCODE = 'undefined_object';
    END IF;
    sealed := phone_crypt.webhook_seal(found_scheme, name, secret, false);
    -- Two are live at most: one that is still ending ends now.
    DELETE FROM phone_crypt.webhook_secrets AS s
     WHERE s.endpoint = found_id AND (s.ends_at IS NOT NULL OR grace = '0');
    UPDATE phone_crypt.webhook_secrets AS s SET ends_at = clock_timestamp() + grace WHERE s.endpoint = found_id;
    INSERT INTO phone_crypt.webhook_secrets (endpoint, secret) VALUES (found_id, sealed);
END;
$$;

-- What was seen stays until it expires.
CREATE FUNCTION webhook_endpoint_drop(name text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id integer;
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION 'name must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM phone_crypt.webhook_endpoints AS e WHERE e.name = webhook_endpoint_drop.name
        RETURNING e.id INTO found_id;
    DELETE FROM phone_crypt.webhook_secrets AS s WHERE s.endpoint = found_id;
    RETURN found_id IS NOT NULL;
END;
$$;

-- What has expired: messages, and secrets whose grace is over. None that somebody has locked.
CREATE FUNCTION webhook_cleanup(batch_size integer DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    start timestamptz := clock_timestamp();
    pages bigint;
    deleted bigint;
    total bigint;
BEGIN
    IF batch_size IS NULL THEN
        RAISE EXCEPTION 'batch_size must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF batch_size < 1 THEN
        RAISE EXCEPTION 'batch_size must be at least 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    DELETE FROM phone_crypt.webhook_secrets WHERE ctid = ANY (ARRAY(
        SELECT s.ctid FROM phone_crypt.webhook_secrets AS s WHERE s.ends_at <= start FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS total = ROW_COUNT;
    -- From page to page, so that no batch reads again what those before it have read.
    pages := pg_relation_size('phone_crypt.webhook_seen') / current_setting('block_size')::bigint;
    FOR page IN 0 .. pages - 1 BY 128 LOOP
        LOOP
            DELETE FROM phone_crypt.webhook_seen WHERE ctid = ANY (ARRAY(
                SELECT s.ctid FROM phone_crypt.webhook_seen AS s
                 WHERE s.ctid >= format('(%s,0)', page)::tid AND s.ctid < format('(%s,0)', page + 128)::tid
                   AND s.expires_at < start LIMIT batch_size FOR UPDATE SKIP LOCKED));
            GET DIAGNOSTICS deleted = ROW_COUNT;
            total := total + deleted;
            EXIT WHEN deleted < batch_size;
        END LOOP;
    END LOOP;
    RETURN total;
END;
$$;

CREATE FUNCTION webhook_endpoint_reencrypt() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    item record;
    moved text;
    total bigint := 0;
BEGIN
    -- A rotation locks the endpoint too.
    PERFORM FROM phone_crypt.webhook_endpoints AS e ORDER BY e.id FOR UPDATE;
    FOR item IN SELECT e.name, e.scheme, s.ctid AS place, s.secret
                  FROM phone_crypt.webhook_endpoints AS e JOIN phone_crypt.webhook_secrets AS s ON s.endpoint = e.id
                 WHERE s.ends_at IS NULL OR s.ends_at > clock_timestamp()
    LOOP
        moved := phone_crypt.webhook_reseal(item.scheme, item.name, item.secret);
        IF moved IS NOT NULL THEN
            PERFORM phone_crypt.check_lasting_keys();
            UPDATE phone_crypt.webhook_secrets SET secret = moved WHERE ctid = item.place;
            total := total + 1;
        END IF;
    END LOOP;
    RETURN total;
END;
$$;

CREATE FUNCTION phone_crypt.webhook_secret_keys(OUT key_id text, OUT rows bigint) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT @extschema@.phone_key_id(s.secret), count(*) FROM phone_crypt.webhook_secrets AS s GROUP BY 1 ORDER BY 1
$$;
COMMENT ON FUNCTION phone_crypt.webhook_secret_keys() IS
    'under which keys the secrets of webhook endpoints are';

CREATE VIEW phone_crypt.webhook_stats AS
    SELECT endpoint, reason, count FROM phone_crypt.webhook_outcomes();
COMMENT ON VIEW phone_crypt.webhook_stats IS
    'how webhooks were answered since the server started, by endpoint and reason; endpoint is NULL for unknown ones';

CREATE VIEW phone_crypt.webhook_rotations AS
    SELECT e.name AS endpoint, s.created_at, s.ends_at
      FROM phone_crypt.webhook_endpoints AS e
      JOIN phone_crypt.webhook_secrets AS s ON s.endpoint OPERATOR(pg_catalog.=) e.id;
COMMENT ON VIEW phone_crypt.webhook_rotations IS
    'since when the secrets of webhook endpoints are in force, and when the old ones end';
