-- CREATE EXTENSION … SCHEMA: everything works by its full name, whatever the search_path; a schema named phone_crypt
-- that is there already is not trusted.
\pset format unaligned
\pset null '<NULL>'
\set VERBOSITY terse
SELECT current_database() AS home \gset
CREATE DATABASE regress_other_schema TEMPLATE template0;
\c regress_other_schema
CREATE SCHEMA phone_crypt;
CREATE EXTENSION phone_crypt;
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) AS functions_left FROM pg_proc WHERE proname LIKE 'phone%';
DROP SCHEMA phone_crypt;

-- The extension's functions in one schema, its state in phone_crypt, nothing in public.
CREATE SCHEMA "App tools";
CREATE EXTENSION phone_crypt SCHEMA "App tools";
SELECT p.pronamespace::regnamespace AS schema, count(*) > 3 AS functions
  FROM pg_depend AS d JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
  JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
 WHERE e.extname = 'phone_crypt' GROUP BY p.pronamespace ORDER BY p.pronamespace::regnamespace::text COLLATE "C";
SELECT "App tools".phone_decrypt("App tools".phone_encrypt('0401148075', 'c'), 'c'), "App tools".phone_mask('0401148075');

CREATE ROLE regress_masked;
CREATE ROLE regress_admin;
GRANT USAGE ON SCHEMA "App tools" TO regress_masked, regress_admin;
SET search_path = '';
SELECT "App tools".phone_crypt_grant('regress_masked', 'masked'), "App tools".phone_crypt_grant('regress_admin', 'admin');
SELECT "App tools".phone_encrypt('0401148075') AS value \gset
SET ROLE regress_masked;
SELECT "App tools".phone_reveal(:'value');
SELECT "App tools".phone_decrypt(:'value');
SET ROLE regress_admin;
SELECT "App tools".phone_reveal(:'value');
SELECT key_id, role, hash_scheme FROM "App tools".phone_crypt_pin_keys() ORDER BY role;
SELECT key_id, role FROM phone_crypt.keys ORDER BY role;
SELECT key_id, roles FROM phone_crypt.key_status;
SELECT count(*) FROM phone_crypt.crypto_stats;
RESET ROLE;
SELECT pg_catalog.set_config('phone_crypt.encryption_key', 'correct-horse-battery-staple-0123456789abcdef', false);
SELECT "App tools".phone_decrypt(:'value');
RESET phone_crypt.encryption_key;
SELECT "App tools".phone_crypt_revoke('regress_masked', 'masked'), "App tools".phone_crypt_revoke('regress_admin', 'admin');
SET ROLE regress_masked;
SELECT "App tools".phone_reveal(:'value');
RESET ROLE;
RESET search_path;

-- It cannot be moved, and DROP EXTENSION takes everything with it.
ALTER EXTENSION phone_crypt SET SCHEMA public;
\echo :LAST_ERROR_SQLSTATE
DROP EXTENSION phone_crypt;
SELECT count(*) AS left_over FROM pg_namespace WHERE nspname = 'phone_crypt';
CREATE EXTENSION phone_crypt;
SELECT phone_normalize('0401148075');

\c :home
DROP DATABASE regress_other_schema;
DROP ROLE regress_masked, regress_admin;
