-- Profiles are granted and taken away; what is of no profile is revoked from PUBLIC. Who may do what is in profiles.sql.

-- One statement a privilege of the profile, made from a template: %1$s is the privilege, %2$s the object, %3$s
-- the role. SECURITY INVOKER: whoever calls needs the right to grant.
CREATE FUNCTION phone_crypt.apply_profile(role regrole, profile text, template text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    item record;
BEGIN
    IF role IS NULL OR profile IS NULL THEN
        RAISE EXCEPTION 'role and profile must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.oid = role) THEN
        RAISE EXCEPTION 'there is no such role' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF profile NOT IN ('masked', 'writer', 'reader', 'limiter', 'gateway', 'restore', 'auditor', 'admin') THEN
        RAISE EXCEPTION 'there is no such profile' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'One of: masked, writer, reader, limiter, gateway, restore, auditor, admin.';
    END IF;
    FOR item IN SELECT CASE p.kind WHEN 'table' THEN 'SELECT'
                                   WHEN 'writable table' THEN 'SELECT, INSERT, UPDATE, DELETE'
                                   ELSE 'EXECUTE' END AS privilege,
                       replace(p.kind, 'writable ', '') || ' ' || p.object AS object
                  FROM phone_crypt.profiles AS p
                 WHERE p.profile = apply_profile.profile
    LOOP
        -- regprocedure, regclass and regrole print themselves quoted and, under this path, qualified.
        EXECUTE format(template, item.privilege, item.object, role);
    END LOOP;
    IF has_function_privilege('phone_crypt.audit_event(text,regclass,text,bigint)', 'EXECUTE') THEN
        PERFORM phone_crypt.audit_event(CASE left(template, 5) WHEN 'GRANT' THEN 'profile_granted' ELSE 'profile_revoked' END,
                                        NULL, profile || ' ' || role::oid::regrole::text);
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.apply_profile(regrole, text, text) IS
    'behind phone_crypt_grant and phone_crypt_revoke';

CREATE FUNCTION phone_crypt_grant(role regrole, profile text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM phone_crypt.apply_profile(role, profile, 'GRANT %1$s ON %2$s TO %3$s');
END;
$$;

CREATE FUNCTION phone_crypt_revoke(role regrole, profile text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM phone_crypt.apply_profile(role, profile, 'REVOKE %1$s ON %2$s FROM %3$s');
END;
$$;

DO $$
DECLARE
    item record;
BEGIN
    FOR item IN SELECT DISTINCT p.object FROM phone_crypt.profiles AS p
                 WHERE p.kind OPERATOR(pg_catalog.<>) ALL (ARRAY['table', 'writable table']) LOOP
        EXECUTE pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', item.object);
    END LOOP;
END;
$$;
-- Only their own callers use these: one gives the text of a token, the other takes counts out of memory.
REVOKE EXECUTE ON FUNCTION phone_crypt.new_token(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.take_token_uses() FROM PUBLIC;
-- They look whether their caller is a superuser, too.
REVOKE EXECUTE ON FUNCTION phone_crypt_lockdown_cluster(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt_lockdown_cluster_release() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.take_send_decisions() FROM PUBLIC;
-- What looks a number up, whoever asks: for the extension's own functions.
REVOKE EXECUTE ON FUNCTION phone_crypt.number_value(text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.number_value(@extschema@.encrypted_phone) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.phone_probes(@extschema@.encrypted_phone) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.keep_consent_events() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.note_suppressed() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt_grant(regrole, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt_revoke(regrole, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.apply_profile(regrole, text, text) FROM PUBLIC;

-- Only the worker uses these.
REVOKE EXECUTE ON FUNCTION phone_crypt.audit_partition(text, date) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.audit_old_partition(text, date) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phone_crypt.audit_settings(jsonb) FROM PUBLIC;

-- Monitoring roles read the counters without reading anything else.
GRANT EXECUTE ON FUNCTION phone_crypt.crypto_counters() TO pg_monitor;
GRANT SELECT ON phone_crypt.crypto_stats TO pg_monitor;
GRANT SELECT ON phone_crypt.progress TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.is_locked_down(text) TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt_doctor() TO pg_monitor;
GRANT SELECT ON phone_crypt.doctor_checks TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.metadata_version() TO pg_monitor;
GRANT SELECT ON phone_crypt.metadata TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.audit_queue() TO pg_monitor;
GRANT SELECT ON phone_crypt.audit_status TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.webhook_outcomes() TO pg_monitor;
GRANT SELECT ON phone_crypt.webhook_stats TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.ratelimit_counters() TO pg_monitor;
GRANT SELECT ON phone_crypt.ratelimit_stats TO pg_monitor;
GRANT EXECUTE ON FUNCTION phone_crypt.ratelimit_outcomes() TO pg_monitor;
GRANT SELECT ON phone_crypt.ratelimit_policy_stats TO pg_monitor;
