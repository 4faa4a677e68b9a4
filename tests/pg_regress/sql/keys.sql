-- Keys as a session sets them: their form, the ring they make, what shows of them. The server's key is K1.
\pset format unaligned
\pset null '<NULL>'
\set k1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
\set k2 correct-horse-battery-staple-0123456789abcdef

SELECT * FROM phone_crypt.key_status;

-- A generated key: 64 hex digits, never the same, and good for use at once.
SELECT phone_crypt_generate_key() ~ '^[0-9a-f]{64}$' AS shape, count(DISTINCT phone_crypt_generate_key()) AS keys
  FROM generate_series(1, 100) GROUP BY 1;
BEGIN;
SELECT set_config('phone_crypt.encryption_key', phone_crypt_generate_key(), true);
SELECT phone_decrypt(phone_encrypt('0401148075'));
ROLLBACK;
SELECT key_id, source FROM phone_crypt.key_status;

-- A session's own keys win whole over the server's.
SELECT set_config('phone_crypt.encryption_key', :'k2', false);
SELECT * FROM phone_crypt.key_status;
SELECT set_config('phone_crypt.previous_keys', :'k1' || ',' || phone_crypt_generate_key(), false);
SELECT CASE WHEN key_id IN ('3a4e3936', 'a915ee2b') THEN key_id ELSE 'generated' END AS key_id, roles, hash_scheme, source
  FROM phone_crypt.key_status;
SET phone_crypt.hash_key_id = 'a915ee2b';
SET phone_crypt.legacy_key_id = 'a915ee2b';
SET phone_crypt.hash_scheme = 'derived,raw';
SELECT CASE WHEN key_id IN ('3a4e3936', 'a915ee2b') THEN key_id ELSE 'generated' END AS key_id, roles, hash_scheme, source
  FROM phone_crypt.key_status;
RESET ALL;
SELECT * FROM phone_crypt.key_status;

-- What shows of a key: whether there is one.
SELECT set_config('phone_crypt.encryption_key', :'k2', false), set_config('phone_crypt.previous_keys', :'k1', false);
SHOW phone_crypt.encryption_key;
SELECT current_setting('phone_crypt.previous_keys');
SELECT count(*) AS rows FROM pg_settings WHERE name IN ('phone_crypt.encryption_key', 'phone_crypt.previous_keys');
SELECT count(*) AS rows FROM pg_settings WHERE :'k2' IN (setting, boot_val, reset_val)
   OR :'k1' IN (setting, boot_val, reset_val);
SELECT count(*) AS rows FROM pg_catalog.pg_show_all_settings() WHERE name LIKE 'phone_crypt.%key%' AND setting LIKE '%0123%';
RESET ALL;
SHOW phone_crypt.encryption_key;

-- One key, written in two cases, is one key; the primary among the previous keys is ignored.
SELECT set_config('phone_crypt.encryption_key', upper(:'k1'), false), set_config('phone_crypt.previous_keys', :'k1', false);
SELECT * FROM phone_crypt.key_status;
RESET ALL;

-- Form: refused when set, and not echoed. The session keeps what it had.
SELECT what, t.outcome('set_config(''phone_crypt.encryption_key'', $1, false)', key)
  FROM (VALUES ('31 characters', 'abcdefghijklmnopqrstuvwxyz01234'), ('63 hex digits', left(:'k1', 63)),
               ('65 hex digits', :'k1' || '0'), ('33 hex digits', left(:'k1', 33)), ('space before', ' ' || :'k1'),
               ('space after', :'k1' || ' '), ('line feed after', :'k1' || E'\n'), ('tab inside', replace(:'k2', '-', E'\t')),
               ('not ASCII', replace(:'k2', 'e', 'é'))) AS example (what, key);
SELECT what, t.outcome('set_config(''phone_crypt.previous_keys'', $1, false)', keys)
  FROM (VALUES ('one is short', :'k1' || ',short'), ('an empty one', :'k1' || ','), ('one twice', :'k1' || ',' || upper(:'k1')),
               ('space after the comma', :'k1' || ', ' || :'k2')) AS example (what, keys);
SELECT * FROM phone_crypt.key_status;

-- Strength, and whether keys fit together: judged when the ring is built, in this session only.
CREATE FUNCTION pg_temp.use_keys(primary_key text, previous_keys text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('phone_crypt.encryption_key', primary_key, true),
        set_config('phone_crypt.previous_keys', previous_keys, true);
    PERFORM phone_hash('0401148075');
    RETURN 'used';
END;
$$;
SELECT what, t.outcome('pg_temp.use_keys($1, $2)', primary_key, previous_keys)
  FROM (VALUES ('9 distinct characters', repeat('abcdefghi', 4), ''), ('10 distinct characters', repeat('abcdefghij', 4), ''),
               ('the sample', 'your-secure-encryption-key-here-make-it-long-and-random', ''),
               ('the development key', 'phone_crypt development key: public, never for production', ''),
               ('62 hex digits', left(:'k1', 62), ''), ('a comma in it', replace(:'k2', '-', ','), ''),
               ('a weak previous key', :'k1', repeat('abcdefghi', 4)),
               ('one id for two keys', 'two-different-test-keys-with-one-id-0027971',
                'two-different-test-keys-with-one-id-0049799'),
               ('one id for two previous keys', :'k1',
                'two-different-test-keys-with-one-id-0027971,two-different-test-keys-with-one-id-0049799')
       ) AS example (what, primary_key, previous_keys);

-- The ring: roles for keys that are not there.
SET phone_crypt.hash_key_id = '0c492c9b';
SELECT t.outcome($$phone_hash('0401148075')$$);
SELECT t.command('SELECT * FROM phone_crypt.key_status');
RESET phone_crypt.hash_key_id;
SET phone_crypt.legacy_key_id = '0c492c9b';
SELECT t.outcome($$phone_hash('0401148075')$$);
RESET phone_crypt.legacy_key_id;

-- previous_keys alone would be half a source.
SELECT set_config('phone_crypt.previous_keys', :'k2', false);
SELECT t.outcome($$phone_hash('0401148075')$$);
RESET ALL;
SELECT t.outcome($$phone_hash('0401148075')$$) IS NOT NULL AS back_to_the_server_s_key;
