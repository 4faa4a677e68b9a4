-- The doctor: settings of the extension, and what the server's log would keep.

-- Where a setting has been changed for a role or a database, of those that decide what is logged.
CREATE FUNCTION phone_crypt.doctor_settings_of_roles(names text[], harmless text[]) RETURNS TABLE (title text, undo text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('%s (%s)', split_part(c.line, '=', 1),
                  concat_ws(', ', 'role ' || quote_ident(r.rolname), 'database ' || quote_ident(d.datname))),
           CASE WHEN r.rolname IS NULL THEN format('ALTER DATABASE %I', d.datname)
                WHEN d.datname IS NULL THEN format('ALTER ROLE %I', r.rolname)
                ELSE format('ALTER ROLE %I IN DATABASE %I', r.rolname, d.datname) END
           || format(' RESET %s;', split_part(c.line, '=', 1))
      FROM pg_db_role_setting AS s
     CROSS JOIN LATERAL unnest(s.setconfig) AS c (line)
      LEFT JOIN pg_roles AS r ON r.oid = s.setrole
      LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
     WHERE (s.setdatabase = 0 OR d.datname = current_database())
       AND lower(split_part(c.line, '=', 1)) = ANY (names)
       AND lower(substr(c.line, strpos(c.line, '=') + 1)) <> ALL (harmless)
$$;
COMMENT ON FUNCTION phone_crypt.doctor_settings_of_roles(text[], text[]) IS
    'settings of roles and databases that are none of the harmless values';

CREATE FUNCTION phone_crypt.doctor_logged_parameters() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'statements are logged, and with them their bound parameters: numbers come into the server log',
           'ALTER SYSTEM SET log_parameter_max_length = 0; SELECT pg_reload_conf();'
     WHERE current_setting('log_parameter_max_length') <> '0'
       AND (current_setting('log_statement') <> 'none' OR current_setting('log_min_duration_statement') <> '-1'
            OR current_setting('log_min_duration_sample') <> '-1' OR current_setting('log_transaction_sample_rate') <> '0')
    UNION ALL
    SELECT 'warning', 'bound parameters of statements that fail are logged: numbers come into the server log',
           'ALTER SYSTEM SET log_parameter_max_length_on_error = 0; SELECT pg_reload_conf();'
     WHERE current_setting('log_parameter_max_length_on_error') <> '0'
$$;
COMMENT ON FUNCTION phone_crypt.doctor_logged_parameters() IS
    'finds settings under which bound parameters are logged';

CREATE FUNCTION phone_crypt.doctor_logged_statements() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%s = %s: texts of statements are logged, with the numbers that are written into them', s.name, s.setting),
           format('ALTER SYSTEM RESET %s; SELECT pg_reload_conf();', s.name)
      FROM pg_settings AS s
     WHERE (s.name = 'log_statement' AND s.setting IN ('mod', 'all'))
        OR (s.name IN ('log_min_duration_statement', 'log_min_duration_sample') AND s.setting <> '-1')
        OR (s.name = 'log_transaction_sample_rate' AND s.setting <> '0')
        OR (s.name IN ('debug_print_parse', 'debug_print_raw_parse', 'debug_print_rewritten', 'debug_print_plan') AND s.setting = 'on')
    UNION ALL
    SELECT 'warning', format('%s: texts of statements are logged there, with the numbers that are written into them', s.title), s.undo
      FROM phone_crypt.doctor_settings_of_roles(
               '{log_statement,log_min_duration_statement,log_min_duration_sample,log_parameter_max_length_on_error}',
               '{none,ddl,-1,0}') AS s
$$;
COMMENT ON FUNCTION phone_crypt.doctor_logged_statements() IS
    'finds settings under which texts of statements are logged';

CREATE FUNCTION phone_crypt.doctor_logged_errors() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'info', 'texts of statements that fail are logged, with the numbers that are written into them',
           'ALTER SYSTEM SET log_min_error_statement = panic; SELECT pg_reload_conf();'
     WHERE current_setting('log_min_error_statement') <> 'panic'
    UNION ALL
    SELECT 'info', 'the log has the DETAIL of errors, such as the row that failed a constraint',
           'ALTER SYSTEM SET log_error_verbosity = terse; SELECT pg_reload_conf();'
     WHERE current_setting('log_error_verbosity') <> 'terse'
$$;
COMMENT ON FUNCTION phone_crypt.doctor_logged_errors() IS
    'finds settings under which statements and rows that fail are logged';

CREATE FUNCTION phone_crypt.doctor_logging_modules() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'auto_explain logs plans with their bound parameters',
           'ALTER SYSTEM SET auto_explain.log_parameter_max_length = 0; SELECT pg_reload_conf();'
     WHERE coalesce(current_setting('auto_explain.log_min_duration', true), '-1') <> '-1'
       AND coalesce(current_setting('auto_explain.log_parameter_max_length', true), '-1') <> '0'
    UNION ALL
    SELECT 'info', 'auto_explain logs custom plans, which have bound parameters as constants',
           'ALTER SYSTEM SET plan_cache_mode = force_generic_plan; SELECT pg_reload_conf();'
     WHERE coalesce(current_setting('auto_explain.log_min_duration', true), '-1') <> '-1'
       AND current_setting('plan_cache_mode') <> 'force_generic_plan'
    UNION ALL
    SELECT 'warning', 'pgaudit logs bound parameters', 'ALTER SYSTEM SET pgaudit.log_parameter = off; SELECT pg_reload_conf();'
     WHERE lower(coalesce(current_setting('pgaudit.log_parameter', true), 'off')) IN ('on', 'true', 'yes', '1')
       AND lower(coalesce(nullif(current_setting('pgaudit.log', true), ''), 'none')) <> 'none'
    UNION ALL
    SELECT 'info', 'pg_stat_statements keeps texts of utility statements, such as COPY (SELECT ...), with their literals',
           'ALTER SYSTEM SET pg_stat_statements.track_utility = off; SELECT pg_reload_conf();'
     WHERE current_setting('shared_preload_libraries') ~ '\mpg_stat_statements\M'
       AND lower(coalesce(current_setting('pg_stat_statements.track_utility', true), 'on')) IN ('on', 'true', 'yes', '1')
$$;
COMMENT ON FUNCTION phone_crypt.doctor_logging_modules() IS
    'finds modules that log or keep statements: auto_explain, pgaudit, pg_stat_statements';

CREATE FUNCTION phone_crypt.doctor_environment() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', 'phone_crypt.environment is development: weak keys are taken, and plain text leaves without TLS',
           'Set phone_crypt.environment = production in postgresql.conf, and SELECT pg_reload_conf();'
     WHERE current_setting('phone_crypt.environment') = 'development'
    UNION ALL
    SELECT 'warning', 'phone_crypt.require_tls is off: decrypted numbers go over connections that are not encrypted',
           'ALTER SYSTEM RESET phone_crypt.require_tls; SELECT pg_reload_conf(); unless the network is safe by other means.'
     WHERE current_setting('phone_crypt.require_tls') = 'off'
    UNION ALL
    SELECT 'warning', 'phone_crypt.verify_input is off: values that were made up are taken as they are',
           'ALTER SYSTEM RESET phone_crypt.verify_input; SELECT pg_reload_conf(); after the restore that it was for.'
     WHERE current_setting('phone_crypt.verify_input') = 'off'
    UNION ALL
    SELECT 'warning', 'phone_crypt.accept_legacy is on: whoever can write a column of texts can make up numbers',
           'Convert what is left (phone_import_legacy_column), then ALTER SYSTEM RESET phone_crypt.accept_legacy;'
           ' SELECT pg_reload_conf();'
     WHERE current_setting('phone_crypt.accept_legacy') <> 'off'
    UNION ALL
    SELECT 'warning', format('%s: protects less there', s.title), s.undo
      FROM (SELECT * FROM phone_crypt.doctor_settings_of_roles('{phone_crypt.require_tls,phone_crypt.verify_input}',
                                                               '{remote,on,true,yes,1}')
            UNION ALL
            SELECT * FROM phone_crypt.doctor_settings_of_roles('{phone_crypt.accept_legacy}', '{off}')) AS s
$$;
COMMENT ON FUNCTION phone_crypt.doctor_environment() IS
    'finds settings of the extension that protect less than their defaults';
