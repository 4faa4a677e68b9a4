-- phone_crypt_pin_keys: a database written with one keyring refuses another one before anything is read or written.
-- Server keys: K1, K2. Nothing is pinned to a key that only a session has.
\pset format unaligned
\pset null '<NULL>'
\set k1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
\set k2 correct-horse-battery-staple-0123456789abcdef
\set value '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035'

-- Nothing is pinned at first, and any keyring serves.
SELECT * FROM phone_crypt.keys;
SELECT key_id, role, hash_scheme, pinned_at = now() AS pinned_now FROM phone_crypt_pin_keys() ORDER BY role;
SELECT key_id, role, hash_scheme FROM phone_crypt.keys ORDER BY role;
SELECT phone_decrypt(:'value'), phone_decrypt(phone_encrypt('0401148075'));

-- Another key: every function that would use it refuses, also the try_ form.
SELECT set_config('phone_crypt.encryption_key', :'k2', false);
SELECT expression, t.outcome(expression, :'value')
  FROM (VALUES ($$phone_encrypt('0401148075')$$), ('phone_decrypt($1)'), ('phone_try_decrypt($1)'), ('phone_reveal($1)'),
               ($$phone_encrypt_raw('x')$$), ('phone_decrypt_raw($1)'), ($$phone_hash('0401148075')$$),
               ($$phone_hashes('0401148075')$$), ($$phone_ratelimit_key('0401148075')$$), ('phone_reencrypt($1)'),
               ($$phone_decrypt_legacy('000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973', 'cbc')$$),
               ('(SELECT key_id FROM phone_crypt_pin_keys())')) AS example (expression);
-- What the server has can still be seen, and what needs no key still works.
SELECT * FROM phone_crypt.key_status;
SELECT phone_normalize('0401148075'), phone_key_id(:'value');
-- Its mistake is undone, and all is well.
RESET phone_crypt.encryption_key;
SELECT phone_decrypt(:'value');

-- Another hash key, another hash scheme: refused as well, for everything.
SELECT set_config('phone_crypt.encryption_key', :'k1', false), set_config('phone_crypt.previous_keys', :'k2', false);
SELECT t.outcome('phone_decrypt($1)', :'value') AS another_previous_key_is_welcome;
SET phone_crypt.hash_key_id = '3a4e3936';
SELECT t.outcome($$phone_hash('0401148075')$$) AS hash, t.outcome('phone_decrypt($1)', :'value') AS decrypt;
RESET phone_crypt.hash_key_id;
SET phone_crypt.hash_scheme = 'derived,raw';
SELECT t.outcome($$phone_hash('0401148075')$$) AS hash, t.outcome('phone_decrypt($1)', :'value') AS decrypt;
RESET phone_crypt.hash_scheme;

-- Rotation: the old key stays primary until the pin names the new one as next.
SELECT set_config('phone_crypt.encryption_key', :'k2', false), set_config('phone_crypt.previous_keys', :'k1', false);
SET phone_crypt.hash_key_id = 'a915ee2b';
SELECT t.outcome($$phone_encrypt('0401148075')$$);
SELECT set_config('phone_crypt.encryption_key', :'k1', false), set_config('phone_crypt.previous_keys', :'k2', false);
SELECT key_id, role, hash_scheme FROM phone_crypt_pin_keys(next_key_id => '3a4e3936') ORDER BY role;
SELECT phone_key_id(phone_encrypt('0401148075')) AS before_the_switch;
SELECT set_config('phone_crypt.encryption_key', :'k2', false), set_config('phone_crypt.previous_keys', :'k1', false);
SELECT phone_key_id(phone_encrypt('0401148075')) AS after_the_switch, phone_decrypt(:'value');
-- Now every pinned key is needed.
SELECT set_config('phone_crypt.previous_keys', '', false);
RESET phone_crypt.hash_key_id;
SELECT t.outcome($$phone_encrypt('0401148075')$$);
SELECT set_config('phone_crypt.encryption_key', :'k1', false);
SELECT t.outcome('phone_decrypt($1)', :'value');
-- The end of it: only the new key is pinned, the hash key as it was.
SELECT set_config('phone_crypt.encryption_key', :'k2', false), set_config('phone_crypt.previous_keys', :'k1', false);
SET phone_crypt.hash_key_id = 'a915ee2b';
SELECT key_id, role, hash_scheme FROM phone_crypt_pin_keys() ORDER BY role;

-- Refusals.
SELECT t.outcome('(SELECT key_id FROM phone_crypt_pin_keys($1))', 'a915ee2c') AS next_is_not_configured,
       t.outcome('(SELECT key_id FROM phone_crypt_pin_keys($1))', '') AS empty;
SELECT set_config('phone_crypt.previous_keys', '', false);
RESET phone_crypt.hash_key_id;
SELECT t.outcome('(SELECT key_id FROM phone_crypt_pin_keys())') AS a_pinned_key_is_missing;
SELECT row, split_part(t.command('INSERT INTO phone_crypt.pinned_keys (role, key_id, hash_scheme, fingerprint) VALUES ' || row),
                       ' | ', 1) AS outcome
  FROM (VALUES ($$('secondary', 'a915ee2b', NULL, repeat('0', 32))$$), ($$('next', 'A915EE2B', NULL, repeat('0', 32))$$),
               ($$('next', 'a915ee2b', 'raw', repeat('0', 32))$$), ($$('primary', '3a4e3936', NULL, repeat('0', 32))$$),
               ($$('next', 'a915ee2b', NULL, 'a915ee2b')$$), ($$('next', 'a915ee2b', NULL, NULL)$$)) AS example (row);

-- A pin, or its removal, that is rolled back is none.
RESET ALL;
DELETE FROM phone_crypt.pinned_keys;
BEGIN;
SELECT count(*) AS pinned FROM phone_crypt_pin_keys();
SELECT set_config('phone_crypt.encryption_key', :'k2', true);
SELECT split_part(t.outcome($$phone_encrypt('0401148075')$$), ' | ', 1) AS refused;
ROLLBACK;
SELECT set_config('phone_crypt.encryption_key', :'k2', false);
SELECT phone_key_id(phone_encrypt('0401148075')) AS under_k2;
RESET ALL;
SELECT count(*) AS pinned FROM phone_crypt_pin_keys();
SELECT set_config('phone_crypt.encryption_key', :'k2', false);
BEGIN;
SAVEPOINT before;
DELETE FROM phone_crypt.pinned_keys;
SELECT phone_key_id(phone_encrypt('0401148075')) AS under_k2;
ROLLBACK TO before;
SELECT split_part(t.outcome($$phone_encrypt('0401148075')$$), ' | ', 1) AS refused;
TRUNCATE phone_crypt.pinned_keys;
SELECT phone_key_id(phone_encrypt('0401148075')) AS under_k2;
ROLLBACK;
SELECT split_part(t.outcome($$phone_encrypt('0401148075')$$), ' | ', 1) AS refused;

-- A change of the table by hand counts as well.
UPDATE phone_crypt.pinned_keys SET key_id = '3a4e3936', fingerprint = '1834f46ed9693846b2105c7c5d01c7cc';
SELECT phone_key_id(phone_encrypt('0401148075')) AS under_k2;
RESET ALL;
SELECT split_part(t.outcome($$phone_encrypt('0401148075')$$), ' | ', 1) AS refused;
DELETE FROM phone_crypt.pinned_keys;
SELECT phone_decrypt(:'value');

-- A session that starts on a pinned database is held to the pin from its first call on.
SELECT count(*) AS pinned FROM phone_crypt_pin_keys();
\c -
SELECT set_config('phone_crypt.encryption_key', :'k2', false);
SELECT split_part(t.outcome($$phone_encrypt('0401148075')$$), ' | ', 1) AS refused;
DELETE FROM phone_crypt.pinned_keys;
