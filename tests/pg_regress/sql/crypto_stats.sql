-- phone_crypt.crypto_stats: one count a call, one failure for each that raised, also if the statement was rolled back.
\pset format unaligned
\pset null '<NULL>'
\set value '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035'
SELECT operation, calls >= failures AS plausible, since <= now() AS since_the_past, shared FROM phone_crypt.crypto_stats;
SELECT count(DISTINCT since) AS starts FROM phone_crypt.crypto_stats;

CREATE TEMP TABLE before AS SELECT * FROM phone_crypt.crypto_stats;
CREATE FUNCTION pg_temp.since_before() RETURNS TABLE (operation text, calls bigint, failures bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
        SELECT now.operation, now.calls - before.calls, now.failures - before.failures
          FROM phone_crypt.crypto_stats AS now JOIN before USING (operation)
         ORDER BY now.operation;
    TRUNCATE before;
    INSERT INTO before SELECT * FROM phone_crypt.crypto_stats;
END;
$$;

SELECT count(phone_encrypt('0401148075')), count(phone_encrypt_raw('x')), count(phone_reencrypt(:'value'))
  FROM generate_series(1, 100);
SELECT * FROM pg_temp.since_before();
SELECT count(phone_decrypt(:'value')), count(phone_try_decrypt(:'value')), count(phone_reveal(:'value'))
  FROM generate_series(1, 10);
SELECT * FROM pg_temp.since_before();
SELECT count(phone_hash('0401148075' || left(n::text, 0))), count(phone_hashes('0401148075' || left(n::text, 0))),
       count(phone_ratelimit_key('0401148075' || left(n::text, 0))) FROM generate_series(1, 10) AS n;
SELECT * FROM pg_temp.since_before();
SELECT count(phone_normalize('0401148075' || left(n::text, 0))),
       count(phone_try_normalize('0401148075' || left(n::text, 0), 'AU')) FROM generate_series(1, 10) AS n;
SELECT * FROM pg_temp.since_before();

-- Failures, whether they raise or give NULL.
SELECT left(t.outcome('phone_encrypt(''x'')'), 5), left(t.outcome('phone_decrypt(''x'')'), 5), phone_try_decrypt('x'),
       left(t.outcome('phone_hash(''x'')'), 5), left(t.outcome('phone_normalize(''x'')'), 5), phone_try_normalize('x');
SELECT * FROM pg_temp.since_before();

-- NULL is no call; what needs no key and normalises nothing for storage is not counted.
SELECT phone_encrypt(NULL), phone_decrypt(NULL), phone_hash(NULL), phone_normalize(NULL), phone_key_id(:'value'),
       phone_mask('0401148075'), phone_is_valid('0401148075');
SELECT * FROM pg_temp.since_before();

-- The data type: a number that is written or compared is encrypted, one that is shown is decrypted.
CREATE TABLE typed (id int PRIMARY KEY, phone encrypted_phone UNIQUE);
INSERT INTO typed SELECT n, '04011480' || to_char(n, 'FM00') FROM generate_series(1, 10) AS n;
SELECT * FROM pg_temp.since_before();
SELECT count(phone_show(phone)), count(phone_reveal(phone)) FROM typed;
SELECT * FROM pg_temp.since_before();
-- A value that comes back in is verified.
UPDATE typed SET phone = phone::text::encrypted_phone;
SELECT * FROM pg_temp.since_before();

-- Procedures: all rows are encrypted and compared; then a row that an application writes, by the trigger; then all rows
-- are compared again.
CREATE TABLE plain (id int PRIMARY KEY, phone text);
INSERT INTO plain SELECT n, '04011480' || to_char(n, 'FM00') FROM generate_series(1, 10) AS n;
SET client_min_messages = warning;
CALL phone_encrypt_column('plain', 'phone');
SELECT * FROM pg_temp.since_before();
INSERT INTO plain VALUES (11, '0401148011');
SELECT * FROM pg_temp.since_before();
CALL phone_drop_plaintext('plain', 'phone');
SELECT * FROM pg_temp.since_before();
CALL phone_verify_column('plain', 'phone');
SELECT * FROM pg_temp.since_before();
-- The legacy application's values, and its limits, which are hashed.
CREATE TABLE legacy AS SELECT n AS id, '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973' AS phone FROM generate_series(1, 5) AS n;
CALL phone_import_legacy_column('legacy', 'phone', 'cbc');
SELECT operation, calls > 0 AS called, failures FROM pg_temp.since_before() WHERE operation IN ('decrypt', 'encrypt');
CREATE TABLE limits (id text PRIMARY KEY, count int NOT NULL, window_start bigint NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
INSERT INTO limits SELECT 'phone:+614011480' || to_char(n, 'FM00'), 1, 0, now(), now() FROM generate_series(1, 10) AS n;
CALL phone_migrate_rate_limits('limits');
SELECT * FROM pg_temp.since_before();
RESET client_min_messages;
DROP TABLE typed, plain, legacy, limits;
DELETE FROM phone_crypt.pinned_keys;
DELETE FROM phone_crypt.jobs;
TRUNCATE before;
INSERT INTO before SELECT * FROM phone_crypt.crypto_stats;

-- A rollback does not take the counts back, and another session adds to the same ones.
BEGIN;
SELECT phone_decrypt(:'value');
ROLLBACK;
SELECT * FROM pg_temp.since_before();
SELECT calls AS decrypt_calls FROM phone_crypt.crypto_stats WHERE operation = 'decrypt' \gset
\c -
SELECT phone_decrypt(:'value');
SELECT calls - :decrypt_calls AS shared_calls FROM phone_crypt.crypto_stats WHERE operation = 'decrypt';
