-- Regions are part of a number's identity: who may set the default, regions for a single call, regions given as a
-- context by mistake, and the pin that holds a database to its regions.
\pset format unaligned
\pset null '<NULL>'
\set SHOW_CONTEXT never

-- The default is not the session's to choose: through a pooler, one client's choice would be another's.
CREATE ROLE regress_role;
SELECT phone_crypt_grant('regress_role', 'writer');
SET ROLE regress_role;
SELECT t.command('SET phone_crypt.default_regions = ''GB''') AS session,
       t.command('SET LOCAL phone_crypt.default_regions = ''GB''') AS transaction,
       t.outcome('set_config(''phone_crypt.default_regions'', ''GB'', false)') AS function,
       t.command('ALTER ROLE regress_role SET phone_crypt.default_regions = ''GB''') AS role;
SHOW phone_crypt.default_regions;
RESET ROLE;
-- Where privileges on settings can be granted, this one can.
SELECT current_setting('server_version_num')::integer >= 150000 AS grantable \gset
\if :grantable
GRANT SET ON PARAMETER phone_crypt.default_regions TO regress_role;
SET ROLE regress_role;
SET phone_crypt.default_regions = 'GB';
RESET ROLE;
REVOKE SET ON PARAMETER phone_crypt.default_regions FROM regress_role;
\else
SET phone_crypt.default_regions = 'GB';
\endif
SHOW phone_crypt.default_regions;
RESET phone_crypt.default_regions;

-- Regions for a single call, which needs no setting: in every function that takes a number.
SET ROLE regress_role;
SELECT call, t.outcome(call) AS outcome
  FROM (VALUES ($$phone_mask('020 7031 3000')$$), ($$phone_mask('020 7031 3000', 'GB')$$),
               ($$phone_hash('020 7031 3000', '', 'GB') = phone_hash('+442070313000')$$),
               ($$phone_hash('020 7031 3000', 'c', regions => 'gb') = phone_hash('+442070313000', 'c')$$),
               ($$phone_hashes('020 7031 3000', '', 'US,GB') = phone_hashes('+442070313000')$$),
               ($$phone_ratelimit_key('020 7031 3000', 'GB') = phone_ratelimit_key('+442070313000')$$),
               ($$length(phone_encrypt('020 7031 3000', '', 'GB'))$$),
               ($$phone_encrypt('020 7031 3000')$$)) AS example (call);
RESET ROLE;
SELECT phone_decrypt(phone_encrypt('020 7031 3000', 'c', 'GB'), 'c');
SELECT allowed, remaining FROM ratelimit_hit_phone('020 7031 3000', 3, '10 years', regions => 'GB');
SELECT allowed, remaining FROM ratelimit_hit_phone('+442070313000', 3, '10 years');
SELECT ratelimit_block_phone('020 7031 3000', '1 year', regions => 'GB') > now() AS blocked;
SELECT reason FROM ratelimit_hit_phone('020 7031 3000', 3, '10 years', regions => 'GB');
SELECT ratelimit_unblock_phone('020 7031 3000', regions => 'GB');
SELECT ratelimit_list_phone('allow', '020 7031 3000', 'support', 'GB');
SELECT reason FROM ratelimit_hit_phone('+442070313000', 3, '10 years');
SELECT ratelimit_unlist_phone('020 7031 3000', 'GB');
SET client_min_messages = warning;
SELECT object, action, rows FROM phone_forget('020 7031 3000', 'GB') WHERE rows > 0;
RESET client_min_messages;

-- default means the setting, '' no region at all. NULL and what is no region are refused, also beside a number that
-- needs none.
SELECT phone_mask('0401 148 075', 'default'), phone_mask('0401 148 075', ' DEFAULT '), phone_mask('0401 148 075', ''),
       phone_hash('0401 148 075', '', 'Default') = phone_hash('+61401148075') AS is_default,
       t.outcome($$phone_hash('0401 148 075', '', '')$$) AS no_region;
SELECT call, t.outcome(call) AS outcome
  FROM (VALUES ($$phone_hash('+61401148075', '', NULL)$$), ($$phone_encrypt(NULL, '', NULL)$$), ($$phone_mask('x', NULL)$$),
               ($$phone_hashes('+61401148075', '', 'XX')$$), ($$phone_encrypt('+61401148075', '', 'default,GB')$$),
               ($$phone_ratelimit_key('+61401148075', '0401148075')$$),
               ($$(SELECT allowed FROM ratelimit_hit_phone('+61401148075', 3, '1 year', 1, 'fixed_window', NULL, NULL))$$),
               ($$(SELECT rows FROM phone_forget('+61401148075', 'XX'))$$)) AS example (call);
-- The answer of an IMMUTABLE function must not depend on a setting.
SELECT call, t.outcome(call) AS outcome
  FROM (VALUES ($$phone_normalize('0401148075', 'default')$$), ($$phone_try_normalize('0401148075', 'DEFAULT')$$),
               ($$phone_is_valid('0401148075', 'default')$$), ($$phone_format('0401148075', 'e164', 'default')$$)
       ) AS example (call);

-- Regions given as a context would be one, and nobody would notice.
SELECT phone_encrypt('0401148075') AS value, phone_encrypt_raw('text') AS raw \gset
SELECT t.outcome($$phone_hash('020 7031 3000', 'GB')$$);
SELECT call, split_part(t.outcome(call, :'value', :'raw'), ' | ', 1) AS outcome
  FROM (VALUES ($$phone_hash('020 7031 3000', 'Gb')$$), ($$phone_hashes('0401148075', 'AU,US')$$),
               ($$phone_encrypt('0401148075', 'au')$$), ($$phone_encrypt('0401148075', ' gb , us ')$$),
               ($$phone_decrypt($1, 'AU')$$), ($$phone_try_decrypt($1, 'AU')$$), ($$phone_reveal($1, 'AU')$$),
               ($$phone_reencrypt($1, 'AU')$$), ($$phone_encrypt_raw($2, 'AU')$$), ($$phone_decrypt_raw($2, 'AU')$$)
       ) AS example (call);
-- What only looks a little like one is.
SELECT context, length(phone_hash('0401148075', context))
  FROM unnest(ARRAY['XX', 'AU,', 'AU,XX', 'AUS', 'AU US', 'default', 'a', 'AU:1', E'AU\x1f1', 'customers.phone']) AS context;
-- An import takes a list of its own.
CREATE TABLE customer (id integer PRIMARY KEY, phone text, country text);
CALL phone_import_legacy_column('customer', 'phone', 'cbc', regions => 'default');
CALL phone_import_legacy_column('customer', 'phone', 'cbc', regions => 'XX');

-- The pin records the regions, in one form whatever was set.
SET phone_crypt.default_regions = ' au , us ';
SELECT role, default_regions FROM phone_crypt_pin_keys() ORDER BY role;
SELECT role, default_regions FROM phone_crypt.keys ORDER BY role;
SELECT t.outcome($$phone_normalize('0401148075')$$) AS same_list_written_otherwise;
SET phone_crypt.default_regions = 'GB';
-- Under others, a number without + would be another one: refused by everything that reads the setting.
SELECT t.outcome($$phone_hash('0401148075')$$);
SELECT call, split_part(t.outcome(call), ' | ', 1) AS outcome
  FROM (VALUES ($$phone_normalize('0401148075')$$), ($$phone_try_normalize('0401148075')$$), ($$phone_is_valid('0401148075')$$),
               ($$phone_is_possible('0401148075')$$), ($$phone_region('0401148075')$$), ($$phone_type('0401148075')$$),
               ($$phone_format('0401148075', 'e164')$$), ($$phone_mask('0401148075')$$), ($$phone_encrypt('0401148075')$$),
               ($$phone_hash('0401148075')$$), ($$phone_hash('0401148075', 'c', 'default')$$), ($$phone_hashes('0401148075')$$),
               ($$phone_ratelimit_key('0401148075')$$), ($$(SELECT allowed FROM ratelimit_hit_phone('0401148075', 1, '1 year'))$$),
               ($$ratelimit_list_phone('deny', '0401148075')$$), ($$ratelimit_unlist_phone('0401148075')$$),
               ($$ratelimit_block_phone('0401148075', '1 year')$$), ($$ratelimit_unblock_phone('0401148075')$$),
               ($$(SELECT count(*) FROM phone_forget('0401148075'))$$), ($$phone_normalize('0061401148075')$$),
               ($$phone_normalize('+0061 401 148 075')$$),
               ($$phone_normalize('hello')$$), ($$phone_split('0401148075')$$),
               ($$phone_split('+61401148075; 0401148076')$$), ($$(SELECT key FROM phone_crypt.legacy_key('phone:+10401148075'))$$)
       ) AS example (call);
CALL phone_encrypt_column('customer', 'phone');
-- A number with + means the same everywhere, and an argument is not the setting.
SELECT call, t.outcome(call) AS outcome
  FROM (VALUES ($$phone_normalize('+61 401 148 075')$$), ($$phone_normalize('＋61401148075')$$), ($$phone_is_valid('+61 401 148 075')$$),
               ($$phone_region('+61401148075')$$), ($$phone_split('+61401148075; +61401148076')$$),
               ($$phone_normalize('https://wa.me/61401148075')$$), ($$phone_mask('+61 401 148 075')$$), ($$phone_normalize('+99')$$),
               ($$phone_hash('+61 401 148 075') = phone_hash('+61401148075')$$), ($$length(phone_encrypt('+61401148075'))$$),
               ($$phone_normalize('0401148075', 'AU')$$), ($$phone_hash('0401148075', '', 'AU,US') = phone_hash('+61401148075')$$),
               ($$phone_normalize(NULL)$$)) AS example (call);
-- Empty lists, in the message.
SET phone_crypt.default_regions = '';
SELECT t.outcome($$phone_normalize('0401148075')$$) AS none;
-- Pinned again, the new ones hold, and whoever does it is told.
SELECT role, default_regions FROM phone_crypt_pin_keys() ORDER BY role;
RESET phone_crypt.default_regions;
SELECT t.outcome($$phone_normalize('0401148075')$$) AS pinned_to_none, phone_normalize('+61 401 148 075');
-- A change by hand, or of the setting, counts at once; one that is rolled back does not.
BEGIN;
UPDATE phone_crypt.pinned_keys SET default_regions = 'AU,US' WHERE role = 'hash';
SELECT phone_normalize('0401148075');
ROLLBACK;
SELECT t.outcome($$phone_normalize('0401148075')$$) AS refused;
UPDATE phone_crypt.pinned_keys SET default_regions = NULL;
SELECT phone_normalize('0401148075');
SELECT row, split_part(t.command('INSERT INTO phone_crypt.pinned_keys (role, key_id, fingerprint, default_regions) VALUES ' || row), ' | ', 1)
  FROM (VALUES ($$('next', 'a915ee2b', repeat('0', 32), 'AU')$$), ($$('next', 'a915ee2b', repeat('0', 32), 'au')$$)) AS example (row);
DELETE FROM phone_crypt.pinned_keys;

-- ALTER DATABASE … SET is where the default belongs. A plain dump leaves it behind.
SELECT current_database() AS home \gset
CREATE DATABASE regress_regions TEMPLATE template0;
ALTER DATABASE regress_regions SET phone_crypt.default_regions = 'GB,IE';
\c regress_regions
\set VERBOSITY terse
CREATE EXTENSION phone_crypt;
\set VERBOSITY default
SHOW phone_crypt.default_regions;
SELECT phone_normalize('020 7031 3000');
SELECT role, default_regions FROM phone_crypt_pin_keys() ORDER BY role;
ALTER DATABASE regress_regions RESET phone_crypt.default_regions;
\c -
SELECT phone_normalize('020 7031 3000');
\echo :LAST_ERROR_SQLSTATE
SELECT phone_normalize('+44 20 7031 3000');
ALTER DATABASE regress_regions SET phone_crypt.default_regions = 'gb,ie';
\c -
SELECT phone_normalize('020 7031 3000');
\c :home
DROP DATABASE regress_regions;

DROP TABLE customer;
SELECT phone_crypt_revoke('regress_role', 'writer');
DROP ROLE regress_role;
