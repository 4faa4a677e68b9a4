-- phone_crypt.require_tls = on: over this Unix socket no plain text leaves. (Over TCP and TLS: the client tests.)
\pset format unaligned
\pset null '<NULL>'
\set number   '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035'
\set raw_text '000102030405060708090a0b0c0d0e0f:02a915ee2b62ed78849c638ee9040fbc3dc18ba56287588701d4131a96f2ce05021d005c52fd508a3dc51979e0a0199c75abcedbbd'
\set legacy   '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973'
SELECT current_setting('phone_crypt.require_tls') AS default, inet_client_addr() IS NULL AS unix_socket,
       phone_decrypt(:'number') AS exempt;

SET phone_crypt.require_tls = 'on';
SELECT function, t.outcome(function || '($1)', value)
  FROM (VALUES ('phone_decrypt', :'number'), ('phone_try_decrypt', :'number'), ('phone_reveal', :'number'),
               ('phone_decrypt_raw', :'raw_text'), ('phone_decrypt', 'malformed'),
               ('phone_try_decrypt', 'malformed')) AS example (function, value);
SELECT t.outcome('phone_decrypt_legacy($1, ''cbc'')', :'legacy') AS legacy,
       t.outcome('phone_decrypt_legacy_with_key($1, ''cbc'', $2)', :'legacy',
       '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f') AS legacy_with_key;

-- What gives no plain text goes on: encrypting, hashing, moving to a new key, and the mask.
SELECT phone_key_id(phone_encrypt('0401148075')), length(phone_hash('0401148075')),
       phone_reencrypt(:'number') = :'number' AS reencrypt, phone_decrypt(NULL);
CREATE ROLE regress_masked;
SELECT phone_crypt_grant('regress_masked', 'masked');
SET ROLE regress_masked;
SELECT phone_reveal(:'number');
RESET ROLE;

SET phone_crypt.require_tls = 'off';
SELECT phone_decrypt(:'number');
DROP OWNED BY regress_masked;
DROP ROLE regress_masked;
