-- What makes, replaces and revokes API tokens. SECURITY DEFINER: whoever may administer tokens need not own the tables. The text
-- of a token is no argument of any statement here.

-- The networks of a token; NULL: from everywhere.
CREATE FUNCTION phone_crypt.checked_networks(allowed cidr[]) RETURNS cidr[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(allowed) AS n WHERE n IS NULL) THEN
        RAISE EXCEPTION 'a network must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF cardinality(allowed) > 100 THEN
        RAISE EXCEPTION 'a token has at most 100 networks' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN (SELECT array_agg(n) FROM unnest(allowed) AS n);
END;
$$;
COMMENT ON FUNCTION phone_crypt.checked_networks(cidr[]) IS
    'the networks that a token is bound to';

-- The arguments that api_token_create and api_token_import have in common.
CREATE FUNCTION phone_crypt.check_token(name text, scopes text[], expires_in interval, policy text, metadata jsonb) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF name IS NULL OR metadata IS NULL THEN
        RAISE EXCEPTION 'name and metadata must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF name = '' THEN
        RAISE EXCEPTION 'a token must have a name' USING ERRCODE = 'invalid_parameter_value';
    ELSIF expires_in <= interval '0' THEN
        RAISE EXCEPTION 'expires_in must be longer than nothing' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM phone_crypt.are_scopes(scopes);
    IF policy IS NOT NULL AND NOT EXISTS (SELECT FROM phone_crypt.ratelimit_policies AS p
                                           WHERE p.name = check_token.policy COLLATE "C") THEN
        RAISE EXCEPTION 'there is no such policy' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'ratelimit_policy_set() makes one.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_token(text, text[], interval, text, jsonb) IS
    'refuses what no token can be made of';

CREATE FUNCTION api_token_create(
    name text, scopes text[] DEFAULT '{}', expires_in interval DEFAULT '90 days', owner text DEFAULT NULL,
    policy text DEFAULT NULL, metadata jsonb DEFAULT '{}', allowed cidr[] DEFAULT NULL, prefix text DEFAULT 'pc',
    OUT token_id text, OUT token text
) RETURNS record
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hash bytea;
    expires_at timestamptz := clock_timestamp() + expires_in;
BEGIN
    PERFORM phone_crypt.check_token(name, scopes, expires_in, policy, metadata);
    SELECT n.token_id, n.token, n.secret_sha256 INTO token_id, token, hash FROM phone_crypt.new_token(prefix) AS n;
    INSERT INTO phone_crypt.api_tokens
            (token_id, secret_sha256, name, owner, scopes, expires_at, networks, policy, limit_id, lifetime, prefix, metadata)
        VALUES (token_id, hash, name, owner, ARRAY(SELECT unnest(scopes)), expires_at, phone_crypt.checked_networks(allowed),
                policy, token_id, expires_in, prefix, metadata);
END;
$$;

CREATE FUNCTION api_token_import(
    name text, sha256 bytea DEFAULT NULL, plain text DEFAULT NULL, scopes text[] DEFAULT '{}',
    expires_in interval DEFAULT '90 days', owner text DEFAULT NULL, policy text DEFAULT NULL, metadata jsonb DEFAULT '{}',
    allowed cidr[] DEFAULT NULL
) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hash bytea := coalesce(sha256, pg_catalog.sha256(convert_to(plain, getdatabaseencoding())));
    id text;
    expires_at timestamptz := clock_timestamp() + expires_in;
BEGIN
    PERFORM phone_crypt.check_token(name, scopes, expires_in, policy, metadata);
    IF num_nonnulls(sha256, plain) <> 1 THEN
        RAISE EXCEPTION 'give either sha256 or plain' USING ERRCODE = 'invalid_parameter_value';
    ELSIF octet_length(hash) <> 32 THEN
        RAISE EXCEPTION 'a SHA-256 has 32 bytes' USING ERRCODE = 'invalid_parameter_value';
    ELSIF plain = '' THEN
        RAISE EXCEPTION 'plain must not be empty' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT n.token_id INTO id FROM phone_crypt.new_token('pc') AS n;
    INSERT INTO phone_crypt.api_tokens
            (token_id, secret_sha256, name, owner, scopes, expires_at, networks, policy, limit_id, lifetime, prefix, is_legacy,
             metadata)
        VALUES (id, hash, name, owner, ARRAY(SELECT unnest(scopes)), expires_at, phone_crypt.checked_networks(allowed), policy,
                id, expires_in, 'pc', true, metadata);
    INSERT INTO phone_crypt.api_legacy_tokens AS l VALUES (encode(hash, 'hex'), id)
        ON CONFLICT ON CONSTRAINT api_legacy_tokens_pkey DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the token has been imported before' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN id;
END;
$$;

CREATE FUNCTION api_token_rotate(INOUT token_id text, grace interval DEFAULT '24 hours', OUT token text) RETURNS record
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old phone_crypt.api_tokens;
    hash bytea;
    moment timestamptz := clock_timestamp();
BEGIN
    IF token_id IS NULL OR grace IS NULL THEN
        RAISE EXCEPTION 'token_id and grace must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF grace < interval '0' THEN
        RAISE EXCEPTION 'grace must not be negative' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO old FROM phone_crypt.api_tokens AS a WHERE a.token_id = api_token_rotate.token_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such token' USING ERRCODE = 'invalid_parameter_value';
    ELSIF old.revoked_at IS NOT NULL OR old.expires_at <= moment THEN
        RAISE EXCEPTION 'the token is revoked or has expired' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'api_token_create() makes a new one.';
    ELSIF old.replaced_by IS NOT NULL THEN
        RAISE EXCEPTION 'the token has been replaced before' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'phone_crypt.tokens shows by which: rotate that one.';
    END IF;
    SELECT n.token_id, n.token, n.secret_sha256 INTO token_id, token, hash FROM phone_crypt.new_token(old.prefix) AS n;
    INSERT INTO phone_crypt.api_tokens
            (token_id, secret_sha256, name, owner, scopes, expires_at, networks, policy, limit_id, lifetime, prefix, metadata)
        VALUES (token_id, hash, old.name, old.owner, old.scopes, moment + old.lifetime, old.networks, old.policy, old.limit_id,
                old.lifetime, old.prefix, old.metadata);
    UPDATE phone_crypt.api_tokens AS a
       SET replaced_by = api_token_rotate.token_id, expires_at = least(a.expires_at, moment + grace)
     WHERE a.token_id = old.token_id;
END;
$$;

CREATE FUNCTION api_token_revoke(token_id text, reason text DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF token_id IS NULL THEN
        RAISE EXCEPTION 'token_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    UPDATE phone_crypt.api_tokens AS a SET revoked_at = clock_timestamp(), revoke_reason = reason
     WHERE a.token_id = api_token_revoke.token_id AND a.revoked_at IS NULL;
    RETURN FOUND;
END;
$$;

CREATE FUNCTION api_token_revoke_all(owner text, reason text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    revoked bigint;
BEGIN
    IF owner IS NULL THEN
        RAISE EXCEPTION 'owner must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    UPDATE phone_crypt.api_tokens AS a SET revoked_at = clock_timestamp(), revoke_reason = reason
     WHERE a.owner = api_token_revoke_all.owner AND a.revoked_at IS NULL;
    GET DIAGNOSTICS revoked = ROW_COUNT;
    RETURN revoked;
END;
$$;

-- Those that expire soon and nothing has replaced, the first to expire first.
CREATE FUNCTION api_token_expiring(within interval DEFAULT '14 days')
    RETURNS TABLE (token_id text, name text, owner text, expires_at timestamptz, last_used_at timestamptz)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF within IS NULL THEN
        RAISE EXCEPTION 'within must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    RETURN QUERY SELECT t.token_id, t.name, t.owner, t.expires_at, t.last_used_at
                   FROM phone_crypt.tokens AS t
                  WHERE t.revoked_at IS NULL AND t.replaced_by IS NULL
                    AND t.expires_at > clock_timestamp() AND t.expires_at <= clock_timestamp() + within
                  ORDER BY t.expires_at, t.token_id;
END;
$$;
