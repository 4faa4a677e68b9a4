-- phone_crypt_lockdown: arguments, what each caller sees, and that what is stored goes on. Server keys: K1, K2.
-- What each scope stops, and from when, is in tests/client/tests/lockdown.
\pset format unaligned
\pset null '<NULL>'
\set value '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035'
CREATE TABLE locked_phone AS SELECT '0401 148 075'::encrypted_phone AS phone;
PREPARE by_literal AS SELECT count(*) FROM locked_phone WHERE phone = '+61401148075';
EXECUTE by_literal;

-- Refusals.
SELECT expression, t.outcome(expression) FROM (VALUES
    ('phone_crypt_lockdown(NULL)'), ('phone_crypt_lockdown($$$$)'), ('phone_crypt_lockdown($$r$$, NULL)'),
    ('phone_crypt_lockdown($$r$$, $$everything$$)'), ('phone_crypt_lockdown_release(NULL)'),
    ('phone_crypt_lockdown_release($$ALL$$)'), ('phone_crypt_lockdown_cluster(NULL)'),
    ('phone_crypt_lockdown_cluster($$$$)'), ('phone_crypt.is_locked_down(NULL)'), ('phone_crypt.is_locked_down($$all$$)')
) AS example (expression);

-- In force, and released.
SELECT phone_crypt_lockdown('why is nobody''s business', 'decrypt');
SELECT expression, t.outcome(expression, :'value') FROM (VALUES
    ('phone_decrypt($1)'), ('phone_try_decrypt($1)'), ('phone_reveal($1)'), ('phone_hash($$0401148075$$)'),
    ('($$0401148075$$::encrypted_phone) IS NULL'), ('phone_key_id($1)'), ('phone_key_id(phone_reencrypt($1))'),
    ('phone_normalize($$0401148075$$)'), ('phone_key_id(phone_encrypt($$0401148075$$))')
) AS example (expression);
\set VERBOSITY terse
EXECUTE by_literal;
\set VERBOSITY default
SELECT level, scope, reason, released_at, released_by FROM phone_crypt.lockdowns;
SELECT s, phone_crypt.is_locked_down(s) FROM unnest(ARRAY['decrypt', 'tokens', 'sending']) AS s;
SELECT phone_crypt_lockdown_release('tokens'), phone_crypt_lockdown_release('decrypt');
EXECUTE by_literal;
SELECT phone_decrypt(:'value');

-- All three, the server, and a role that may see neither who nor why.
SELECT phone_crypt_lockdown('all of it');
SELECT phone_crypt_lockdown_cluster('and everywhere');
SELECT level, scope, reason, released_at IS NULL AS in_force FROM phone_crypt.lockdowns ORDER BY level, reason, scope;
SELECT t.outcome('phone_decrypt($1)', :'value');
SELECT valid, reason FROM api_token_verify('nonsense');
CREATE ROLE locked_out;
SELECT phone_crypt_grant('locked_out', 'reader');
SET ROLE locked_out;
SELECT t.outcome('phone_decrypt($1)', :'value');
SELECT t.outcome('(SELECT count(*) FROM phone_crypt.lockdowns)'), t.outcome('phone_crypt_lockdown_release()'),
       t.outcome('phone_crypt_lockdown_cluster_release()');
RESET ROLE;
SELECT phone_crypt_lockdown_cluster_release(), phone_crypt_lockdown_release(), phone_crypt_lockdown_cluster_release();
SELECT phone_decrypt(:'value');

DROP TABLE locked_phone;
SELECT phone_crypt_revoke('locked_out', 'reader');
DROP ROLE locked_out;
DELETE FROM phone_crypt.database_lockdowns;
