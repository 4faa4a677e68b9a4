-- A server without keys: production refuses and says how to go on; development uses its public key and warns once.
-- The server's key file is taken away here and given back at the end. A session that starts after pg_reload_conf()
-- starts with the new settings.
\pset format unaligned
\pset null '<NULL>'
\set value '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035'

ALTER SYSTEM SET phone_crypt.key_file = '';
SELECT pg_reload_conf();
\c -
SELECT expression, t.outcome(expression, :'value')
  FROM (VALUES ($$phone_encrypt('0401148075')$$), ('phone_decrypt($1)'), ('phone_try_decrypt($1)'), ('phone_reveal($1)'),
               ($$phone_encrypt_raw('x')$$), ('phone_decrypt_raw($1)'), ($$phone_hash('0401148075')$$),
               ($$phone_hashes('0401148075')$$), ($$phone_ratelimit_key('0401148075')$$), ('phone_reencrypt($1)'),
               ($$phone_decrypt_legacy('000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973', 'cbc')$$),
               ('(SELECT key_id FROM phone_crypt.key_status)'),
               ('(SELECT key_id FROM phone_crypt_pin_keys())')) AS example (expression);

-- What needs no key works without one.
SELECT phone_normalize('0401148075'), phone_mask('0401148075'), phone_key_id(:'value'), length(phone_crypt_generate_key());
SELECT phone_encrypt(NULL), phone_decrypt(NULL), phone_hash(NULL);

-- The hint, pasted.
SELECT set_config('phone_crypt.encryption_key', phone_crypt_generate_key(), false);
SELECT phone_decrypt(phone_encrypt('0401148075'));

-- Development: the public key, whose hash is published, with one WARNING a session.
ALTER SYSTEM SET phone_crypt.environment = 'development';
SELECT pg_reload_conf();
\c -
SELECT phone_hash('+61401148075') = '19aa233c8f5f4bb9819e8cd199b3efa127c4bee7c5f67b9a02e1063c3bb29f0d' AS published;
SELECT phone_decrypt(phone_encrypt('0401148075'));
SELECT * FROM phone_crypt.key_status;
-- A weak key is let through, a key of the wrong form is not.
SELECT set_config('phone_crypt.encryption_key', repeat('abcdefghi', 4), false);
SELECT * FROM phone_crypt.key_status;
SELECT t.outcome('set_config(''phone_crypt.encryption_key'', ''short'', false)');

ALTER SYSTEM RESET phone_crypt.environment;
ALTER SYSTEM RESET phone_crypt.key_file;
SELECT pg_reload_conf();
\c -
SELECT * FROM phone_crypt.key_status;
