-- The settings: who may set them, what is refused, and that a refused value is never echoed.
\pset format unaligned
\pset null '<NULL>'
SELECT name, context, vartype, boot_val, setting, enumvals FROM pg_settings
 WHERE name LIKE 'phone\_crypt.%' AND name <> 'phone_crypt.key_file' ORDER BY name COLLATE "C";

-- Each bad value, through set_config as applications do and through SET.
SELECT name, value, t.outcome('set_config($1, $2, false)', 'phone_crypt.' || name, value) AS outcome
  FROM (VALUES ('encryption_key', 'too-short-to-be-a-key'), ('previous_keys', 'too-short-to-be-a-key'),
               ('hash_key_id', 'a915ee2'), ('hash_key_id', 'A915EE2B'), ('hash_key_id', 'a915ee2b '),
               ('hash_key_id', '+61401148075'), ('legacy_key_id', 'xyz'), ('legacy_key_id', '+61401148075'),
               ('hash_scheme', ''), ('hash_scheme', 'Derived'), ('hash_scheme', 'raw,raw'), ('hash_scheme', 'derived, raw'),
               ('hash_scheme', 'sha256'), ('default_regions', 'XX'), ('default_regions', 'AU,'), ('default_regions', 'AU US'),
               ('default_regions', 'AU,AU'), ('default_regions', '+61401148075')) AS example (name, value);
SELECT t.command($$SET phone_crypt.encryption_key = 'too-short-to-be-a-key'$$) AS encryption_key,
       t.command($$SET phone_crypt.default_regions = 'XX'$$) AS default_regions;
SELECT split_part(t.outcome('set_config($1, $2, false)', 'phone_crypt.' || name, 'perhaps'), ':', 1) AS outcome
  FROM (VALUES ('require_tls'), ('accept_legacy')) AS example (name);

-- A mistyped name is refused where PostgreSQL can (15 and later).
SELECT current_setting('server_version_num')::integer < 150000
   OR t.command('SET phone_crypt.encrypton_key = ''x''') LIKE '42602 %' AS mistyped;

-- What is fixed by the server's configuration.
SELECT name, t.outcome('set_config($1, $2, false)', 'phone_crypt.' || name, value)
  FROM (VALUES ('environment', 'development'), ('key_file', '/nowhere'), ('key_command', 'true')) AS example (name, value);

-- For superusers, also a key of one's own.
CREATE ROLE regress_role;
SET ROLE regress_role;
SELECT name, t.outcome('set_config($1, $2, false)', 'phone_crypt.' || name, value)
  FROM (VALUES ('encryption_key', 'too-short-to-be-a-key'),
               ('encryption_key', 'correct-horse-battery-staple-0123456789abcdef'), ('previous_keys', ''),
               ('hash_key_id', ''), ('legacy_key_id', ''), ('hash_scheme', 'raw'), ('accept_legacy', 'cbc'),
               ('default_regions', 'GB,US'), ('default_regions', 'XX'),
               ('require_tls', 'off'), ('verify_input', 'off'), ('environment', 'development')) AS example (name, value);
-- Nobody but superusers and pg_read_all_settings see where the keys are; nobody at all sees a key.
SELECT left(t.outcome('current_setting(''phone_crypt.encryption_key'')'), 5) AS encryption_key,
       left(t.outcome('current_setting(''phone_crypt.previous_keys'')'), 5) AS previous_keys,
       left(t.outcome('current_setting(''phone_crypt.key_file'')'), 5) AS key_file;
SELECT count(*) AS secret_rows FROM pg_settings
 WHERE name ~ '^phone_crypt\.(encryption_key|previous_keys|key_file|key_command)$';
RESET ROLE;
GRANT pg_read_all_settings, pg_monitor TO regress_role;
SET ROLE regress_role;
SELECT t.outcome('current_setting(''phone_crypt.encryption_key'')') AS encryption_key;
SELECT count(*) AS secret_rows FROM pg_settings WHERE name ~ '^phone_crypt\.(encryption_key|previous_keys)$';
RESET ROLE;

-- Where other users could read a key, it is refused without an echo.
SELECT place, t.command(format(command, 'correct-horse-battery-staple-0123456789abcdef')) AS outcome
  FROM (VALUES ('role', 'ALTER ROLE regress_role SET phone_crypt.encryption_key = %L'),
               ('all roles', 'ALTER ROLE ALL SET phone_crypt.encryption_key = %L'),
               ('database', 'ALTER DATABASE postgres SET phone_crypt.encryption_key = %L'),
               ('role in database', 'ALTER ROLE regress_role IN DATABASE postgres SET phone_crypt.previous_keys = %L'),
               ('function', 'CREATE FUNCTION t.keyed() RETURNS integer LANGUAGE sql SET phone_crypt.encryption_key = %L AS ''SELECT 1''')
       ) AS example (place, command);
SELECT count(*) AS stored FROM pg_db_role_setting, unnest(setconfig) AS setting WHERE setting LIKE 'phone_crypt.%key%';
-- What is no secret may stand there.
SELECT t.command('ALTER ROLE regress_role SET phone_crypt.default_regions = ''GB''') AS regions,
       t.command('ALTER ROLE regress_role SET phone_crypt.default_regions = ''XX''') AS bad_regions,
       t.command('ALTER ROLE regress_role SET phone_crypt.hash_scheme = ''raw''') AS hash_scheme;

-- SET LOCAL and a failed transaction give the old key back.
BEGIN;
SELECT set_config('phone_crypt.encryption_key', 'correct-horse-battery-staple-0123456789abcdef', true);
SELECT key_id, source FROM phone_crypt.key_status;
COMMIT;
SELECT key_id, source FROM phone_crypt.key_status;
BEGIN;
SELECT set_config('phone_crypt.encryption_key', 'correct-horse-battery-staple-0123456789abcdef', false);
SAVEPOINT one;
SELECT set_config('phone_crypt.encryption_key', phone_crypt_generate_key(), false);
ROLLBACK TO one;
SELECT key_id, source FROM phone_crypt.key_status;
ROLLBACK;
SELECT key_id, source FROM phone_crypt.key_status;
DISCARD ALL;
SELECT key_id, source FROM phone_crypt.key_status;

DROP OWNED BY regress_role;
DROP ROLE regress_role;
