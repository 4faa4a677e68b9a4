-- Values of the legacy web application: phone_decrypt_legacy, its form with a key, and accept_legacy.
\pset format unaligned
\pset null '<NULL>'
\set k1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
\set k2 correct-horse-battery-staple-0123456789abcdef
\set cbc    '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973'
\set number '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035'
SELECT set_config('phone_crypt.encryption_key', :'k1', false), set_config('phone_crypt.previous_keys', :'k2', false);

-- Made by Node.js: one number, two keys, three schemes.
CREATE TEMP TABLE made (key text, key_id text, scheme text, value text);
INSERT INTO made VALUES
    (:'k1', 'a915ee2b', 'cbc',        '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973'),
    (:'k1', 'a915ee2b', 'cbc-pbkdf2', '000102030405060708090a0b0c0d0e0f:70bfa588b88dbac69e2a50b2bf071ab9'),
    (:'k1', 'a915ee2b', 'node-evp',   '000102030405060708090a0b0c0d0e0f:e2ac9ccbd349d7bd11e81f345e46ab14'),
    (:'k2', '3a4e3936', 'cbc-pbkdf2', '000102030405060708090a0b0c0d0e0f:1cdf848366a8548926758480e43e109d'),
    (:'k2', '3a4e3936', 'node-evp',   '000102030405060708090a0b0c0d0e0f:e639cdb8cea74abfbd9857eb5075dcda');
SELECT key_id, scheme, phone_decrypt_legacy(value, scheme, key_id) AS by_id,
       phone_decrypt_legacy(upper(value), scheme, key_id) AS in_capitals, phone_key_id(value)
  FROM made;
-- With the key as text, which is derived at each call: one call a scheme.
SELECT key_id, scheme, phone_decrypt_legacy_with_key(value, scheme, key)
  FROM made WHERE (key_id, scheme) IN (('a915ee2b', 'cbc'), ('a915ee2b', 'node-evp'), ('3a4e3936', 'cbc-pbkdf2'));

-- Without an id: legacy_key_id, else the primary.
SELECT scheme, phone_decrypt_legacy(value, scheme) FROM made WHERE key_id = 'a915ee2b';
SET phone_crypt.legacy_key_id = '3a4e3936';
SELECT scheme, phone_decrypt_legacy(value, scheme) FROM made WHERE key_id = '3a4e3936';
RESET phone_crypt.legacy_key_id;

-- The IV of a node-evp value is unused.
SELECT phone_decrypt_legacy('ffffffffffffffffffffffffffffffff:e2ac9ccbd349d7bd11e81f345e46ab14', 'node-evp');

-- Errors.
SELECT what, t.outcome('phone_decrypt_legacy($1, $2, $3)', value, scheme, key_id)
  FROM (VALUES ('unknown scheme', :'cbc', 'aes', NULL),
               ('scheme in capitals', :'cbc', 'CBC', NULL),
               ('cbc under a key that is not hex', :'cbc', 'cbc', '3a4e3936'),
               ('a key that is not configured', :'cbc', 'cbc', '0c492c9b'),
               ('a malformed key id', :'cbc', 'cbc', 'A915EE2B'),
               ('another scheme', :'cbc', 'cbc-pbkdf2', NULL),
               ('another key', '000102030405060708090a0b0c0d0e0f:70bfa588b88dbac69e2a50b2bf071ab9', 'cbc-pbkdf2', '3a4e3936'),
               ('a value of today', :'number', 'cbc', NULL),
               ('half a block', '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e', 'cbc', NULL),
               ('no data', '000102030405060708090a0b0c0d0e0f:', 'cbc', NULL),
               ('no IV', '7147b48734fdc83e28cf6abdcbedc973', 'cbc', NULL),
               ('no hex', '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc97g', 'cbc', NULL),
               ('empty', '', 'cbc', NULL)) AS example (what, value, scheme, key_id);
SELECT what, t.outcome('phone_decrypt_legacy_with_key($1, $2, $3)', :'cbc', 'cbc', key)
  FROM (VALUES ('short', 'short'), ('odd hex', left(:'k1', 63)), ('not hex', :'k2'), ('another', repeat(left(:'k1', 32), 2)),
               ('NULL', NULL)) AS example (what, key);

SELECT phone_decrypt_legacy(NULL, 'cbc'), phone_decrypt_legacy(NULL, 'cbc', NULL),
       phone_decrypt_legacy_with_key(NULL, 'cbc', :'k1');
SELECT t.outcome('phone_decrypt_legacy($1, NULL)', 'x') AS scheme, t.outcome('phone_decrypt_legacy(NULL, NULL)') AS both,
       t.outcome('phone_decrypt_legacy_with_key(NULL, ''cbc'', NULL)') AS key,
       t.outcome('phone_decrypt_legacy_with_key(NULL, NULL, $1)', :'k1') AS scheme_with_key;

-- accept_legacy is off: phone_decrypt refuses them.
SELECT DISTINCT t.outcome('phone_decrypt($1)', value) FROM made;

-- Switched on, phone_decrypt and its kin read one scheme, in either case, under the primary key, with an empty context only.
SET phone_crypt.accept_legacy = 'cbc';
SELECT phone_decrypt(value), phone_try_decrypt(value), phone_reveal(value), phone_decrypt(upper(value)),
       t.outcome('phone_decrypt($1, ''users.phone'')', value) AS with_context,
       phone_try_decrypt(value, 'users.phone') AS try_with_context
  FROM made WHERE scheme = 'cbc';
SELECT key_id, scheme, t.outcome('phone_decrypt($1)', value), phone_try_decrypt(value) AS try FROM made WHERE scheme <> 'cbc';
SET phone_crypt.accept_legacy = 'cbc-pbkdf2';
SELECT phone_decrypt(value) FROM made WHERE scheme = 'cbc-pbkdf2' AND key = :'k1';
SET phone_crypt.accept_legacy = 'node-evp';
SELECT phone_decrypt(value) FROM made WHERE scheme = 'node-evp' AND key = :'k1';
SET phone_crypt.legacy_key_id = '3a4e3936';
SELECT phone_decrypt(value) FROM made WHERE scheme = 'node-evp' AND key = :'k2';

-- Authenticated values are read as ever, in lower case only; raw text and phone_reencrypt stay strict.
SELECT phone_decrypt(:'number'), t.outcome('phone_decrypt($1)', upper(:'number')) AS upper,
       t.outcome('phone_decrypt($1)', t.flip(:'number', 139)) AS forged;
SELECT t.outcome('phone_decrypt_raw($1)', value) AS raw, t.outcome('phone_reencrypt($1)', value) AS reencrypt FROM made LIMIT 1;
RESET ALL;

-- With cbc, a key that is not hex cannot serve.
SELECT set_config('phone_crypt.encryption_key', :'k2', false);
SET phone_crypt.accept_legacy = 'cbc';
SELECT t.outcome('phone_decrypt($1)', value) AS decrypt, t.outcome('phone_try_decrypt($1)', value) AS try FROM made
 WHERE scheme = 'cbc';
