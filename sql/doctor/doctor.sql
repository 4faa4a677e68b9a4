-- The doctor itself: the list of its checks, and the function that makes them all.

CREATE VIEW phone_crypt.doctor_checks (name, function) AS VALUES
    ('preload', 'phone_crypt.doctor_preload()'::regprocedure),
    ('version', 'phone_crypt.doctor_version()'),
    ('core_files', 'phone_crypt.doctor_core_files()'),
    ('swap', 'phone_crypt.doctor_swap()'),
    ('checksums', 'phone_crypt.doctor_checksums()'),
    ('no_key', 'phone_crypt.doctor_no_key()'),
    ('key_source', 'phone_crypt.doctor_key_source()'),
    ('key_form', 'phone_crypt.doctor_key_form()'),
    ('key_file', 'phone_crypt.doctor_key_file_place()'),
    ('key_in_configuration', 'phone_crypt.doctor_key_in_configuration()'),
    ('pins', 'phone_crypt.doctor_pins()'),
    ('pinned_keys', 'phone_crypt.doctor_pinned_keys()'),
    ('other_pins', 'phone_crypt.doctor_other_pins_differ()'),
    ('metadata', 'phone_crypt.doctor_metadata()'),
    ('keys_of_values', 'phone_crypt.doctor_keys_of_values()'),
    ('plain_numbers', 'phone_crypt.doctor_plain_numbers()'),
    ('plain_addresses', 'phone_crypt.doctor_plain_addresses()'),
    ('other_types', 'phone_crypt.doctor_other_types()'),
    ('indexed_numbers', 'phone_crypt.doctor_indexed_numbers()'),
    ('columns', 'phone_crypt.doctor_columns()'),
    ('regions', 'phone_crypt.doctor_regions()'),
    ('logged_parameters', 'phone_crypt.doctor_logged_parameters()'),
    ('logged_statements', 'phone_crypt.doctor_logged_statements()'),
    ('logged_errors', 'phone_crypt.doctor_logged_errors()'),
    ('logging_modules', 'phone_crypt.doctor_logging_modules()'),
    ('environment', 'phone_crypt.doctor_environment()'),
    ('tls', 'phone_crypt.doctor_tls()'),
    ('hba', 'phone_crypt.doctor_hba()'),
    ('public_grants', 'phone_crypt.doctor_public_grants()'),
    ('readers', 'phone_crypt.doctor_readers()'),
    ('definers', 'phone_crypt.doctor_definers()'),
    ('views', 'phone_crypt.doctor_views()'),
    ('memory_engine', 'phone_crypt.doctor_memory_engine()'),
    ('endless_blocks', 'phone_crypt.doctor_endless_blocks()'),
    ('trial_policies', 'phone_crypt.doctor_trial_policies()'),
    ('tokens', 'phone_crypt.doctor_tokens()'),
    ('webhooks', 'phone_crypt.doctor_webhooks()'),
    ('audit_log', 'phone_crypt.doctor_audit_log()'),
    ('audit_gaps', 'phone_crypt.doctor_audit_gaps()'),
    ('audit_tables', 'phone_crypt.doctor_audit_tables()'),
    ('jobs', 'phone_crypt.doctor_jobs()'),
    ('conversions', 'phone_crypt.doctor_conversions()');
COMMENT ON VIEW phone_crypt.doctor_checks IS
    'the checks of phone_crypt_doctor(): what each is called, and its function';

-- A check that fails is a finding, and does not keep the others from being made.
CREATE FUNCTION phone_crypt.doctor_findings() RETURNS TABLE (severity text, "check" text, detail text, remedy text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    item record;
    found phone_crypt.finding[];
BEGIN
    FOR item IN SELECT c.name, c.function FROM phone_crypt.doctor_checks AS c LOOP
        BEGIN
            -- First all, then out: of a check that fails half-way nothing is shown.
            EXECUTE format('SELECT array_agg((f.severity, f.detail, f.remedy)::phone_crypt.finding) FROM %s AS f', item.function)
                INTO found;
            RETURN QUERY SELECT f.severity, item.name, f.detail, f.remedy FROM unnest(found) AS f;
        EXCEPTION WHEN OTHERS THEN
            -- What PostgreSQL says might quote something.
            RETURN QUERY SELECT 'warning', item.name, format('the check could not be made: SQLSTATE %s', SQLSTATE),
                                CASE SQLSTATE WHEN '55P03' THEN 'Somebody has locked what it reads: try again.'
                                     ELSE format('As a superuser: SELECT * FROM %s;', item.function) END;
        END;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION phone_crypt.doctor_findings() IS
    'makes the checks of the doctor, one after the other';

-- SECURITY DEFINER: whoever may ask need not be able to read what the checks read.
CREATE FUNCTION phone_crypt_doctor() RETURNS TABLE (severity text, "check" text, detail text, remedy text)
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '200ms'
AS $$
    SELECT f.severity, f."check", f.detail, f.remedy FROM phone_crypt.doctor_findings() AS f
     ORDER BY array_position('{critical,warning,info}', f.severity), f."check", f.detail COLLATE "C"
$$;
COMMENT ON FUNCTION phone_crypt_doctor() IS
    'what is set up wrongly here: how bad it is, what, and what to do';

-- What is behind phone_crypt_doctor() is for itself alone.
DO $$
DECLARE
    item pg_catalog.regprocedure;
BEGIN
    FOR item IN SELECT p.oid FROM pg_catalog.pg_proc AS p
                 WHERE p.pronamespace OPERATOR(pg_catalog.=) 'phone_crypt'::pg_catalog.regnamespace
                   AND (p.proname OPERATOR(pg_catalog.~) '^doctor_'
                        OR p.proname OPERATOR(pg_catalog.=) ANY ('{some_of,counted}'::pg_catalog.text[])) LOOP
        EXECUTE pg_catalog.format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', item);
    END LOOP;
END;
$$;
