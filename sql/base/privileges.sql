-- Who may do what. Everything that encrypts, decrypts, hashes or changes state is revoked from PUBLIC;
-- profiles give it back in portions. This view is the only list: grants, revokes and tests read it.

CREATE VIEW phone_crypt.profiles (profile, object, kind) AS
    WITH portion (profile, signature) AS (VALUES
        ('masked', '@extschema@.phone_reveal(text,text)'::regprocedure),
        ('writer', '@extschema@.phone_encrypt(text,text)'),
        ('writer', '@extschema@.phone_encrypt_raw(text,text)'),
        ('writer', '@extschema@.phone_reencrypt(text,text)'),
        ('writer', '@extschema@.phone_hash(text,text)'),
        ('writer', '@extschema@.phone_hashes(text,text)'),
        ('writer', '@extschema@.phone_ratelimit_key(text)'),
        ('reader', '@extschema@.phone_reveal(text,text)'),
        ('reader', '@extschema@.phone_decrypt(text,text)'),
        ('reader', '@extschema@.phone_try_decrypt(text,text)'),
        ('reader', '@extschema@.phone_decrypt_raw(text,text)'),
        ('reader', '@extschema@.phone_decrypt_legacy(text,text,text)'),
        ('admin',  '@extschema@.phone_decrypt_legacy_with_key(text,text,text)'),
        ('admin',  '@extschema@.phone_crypt_pin_keys(text)'),
        ('admin',  'phone_crypt.configured_keys()'),
        ('admin',  'phone_crypt.crypto_counters()')
    ), relation (profile, name) AS (VALUES
        ('admin', 'phone_crypt.keys'::regclass),
        ('admin', 'phone_crypt.key_status'),
        ('admin', 'phone_crypt.crypto_stats')
    )
    SELECT profile, signature::text, 'function' FROM portion
    UNION ALL
    -- A reader writes as well, an admin does everything.
    SELECT 'reader', signature::text, 'function' FROM portion WHERE profile = 'writer'
    UNION ALL
    SELECT DISTINCT 'admin', signature::text, 'function' FROM portion WHERE profile <> 'admin'
    UNION ALL
    SELECT profile, name::text, 'table' FROM relation;
COMMENT ON VIEW phone_crypt.profiles IS
    'what each profile of phone_crypt_grant() may use';

CREATE FUNCTION phone_crypt.check_profile(role regrole, profile text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL OR profile IS NULL THEN
        RAISE EXCEPTION 'role and profile must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'there is no such role' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF profile NOT IN ('masked', 'writer', 'reader', 'limiter', 'admin') THEN
        RAISE EXCEPTION 'there is no such profile' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'One of: masked, writer, reader, limiter, admin.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_profile(regrole, text) IS
    'raises 22004 or 22023 unless role and profile exist';

CREATE FUNCTION phone_crypt_grant(role regrole, profile text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    item record;
BEGIN
    PERFORM phone_crypt.check_profile(role, profile);
    FOR item IN SELECT p.kind, p.object FROM phone_crypt.profiles AS p
                 WHERE p.profile = phone_crypt_grant.profile
    LOOP
        -- regprocedure, regclass and regrole print themselves quoted and, under this path, qualified.
        IF item.kind = 'function' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', item.object, role);
        ELSE
            EXECUTE format('GRANT SELECT ON %s TO %s', item.object, role);
        END IF;
    END LOOP;
END;
$$;

CREATE FUNCTION phone_crypt_revoke(role regrole, profile text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    item record;
BEGIN
    PERFORM phone_crypt.check_profile(role, profile);
    FOR item IN SELECT p.kind, p.object FROM phone_crypt.profiles AS p
                 WHERE p.profile = phone_crypt_revoke.profile
    LOOP
        IF item.kind = 'function' THEN
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %s', item.object, role);
        ELSE
            EXECUTE format('REVOKE SELECT ON %s FROM %s', item.object, role);
        END IF;
    END LOOP;
END;
$$;

DO $$
DECLARE
    item record;
BEGIN
    FOR item IN SELECT DISTINCT p.object FROM phone_crypt.profiles AS p WHERE p.kind = 'function' LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', item.object);
    END LOOP;
END;
$$;
REVOKE EXECUTE ON FUNCTION phone_crypt_grant(regrole, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt_revoke(regrole, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.check_profile(regrole, text) FROM PUBLIC;

-- Monitoring roles read the counters without reading anything else.
GRANT EXECUTE ON FUNCTION phone_crypt.crypto_counters() TO pg_monitor;
GRANT SELECT ON phone_crypt.crypto_stats TO pg_monitor;
