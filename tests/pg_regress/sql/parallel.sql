-- In a parallel worker: encrypting and hashing run there, with the keys and settings of the session; what returns plain
-- text stays in the leader, because a worker does not know how its client is connected.
\pset format unaligned
\pset null '<NULL>'
\set k2 correct-horse-battery-staple-0123456789abcdef
CREATE TABLE customer AS
    SELECT id, '0401148' || id AS phone, phone_encrypt('0401148' || id) AS value, phone_hash('0401148' || id) AS hash
      FROM generate_series(100, 399) AS id;
ANALYZE customer;
-- The setting that sends whatever can go there to a worker has one name up to PostgreSQL 15 and another since.
SELECT set_config(name, 'on', false) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');

CREATE FUNCTION t.runs_in_worker(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line LIKE '%Gather%' THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END;
$$;
SELECT expression, t.runs_in_worker(format('SELECT %s FROM customer', expression))
  FROM (VALUES ('phone_encrypt(phone)'), ('phone_encrypt_raw(phone)'), ('phone_reencrypt(value)'), ('phone_hash(phone)'),
               ('phone_hashes(phone)'), ('phone_ratelimit_key(phone)'), ('phone_normalize(phone)'), ('phone_mask(phone)'),
               ('phone_key_id(value)'), ('phone_decrypt(value)'), ('phone_try_decrypt(value)'), ('phone_reveal(value)'),
               ('phone_decrypt_raw(value)'), ('phone_decrypt_legacy(value, ''cbc'')'),
               ('phone_decrypt_legacy_with_key(value, ''cbc'', '''')')) AS example (expression);

-- Workers have the session's keys, regions and hash scheme.
SELECT count(*) AS found FROM customer WHERE hash = phone_hash(phone);
SELECT set_config('phone_crypt.encryption_key', :'k2', false);
SELECT count(*) AS found FROM customer WHERE hash = phone_hash(phone);
SELECT DISTINCT phone_key_id(phone_encrypt(phone)) AS key_id FROM customer;
RESET phone_crypt.encryption_key;
SET phone_crypt.default_regions = 'GB';
SELECT count(*) AS british FROM customer WHERE phone_normalize(phone) LIKE '+44%';
SET phone_crypt.default_regions = 'AU';
SELECT count(*) AS australian FROM customer WHERE phone_normalize(phone) LIKE '+61%';
RESET phone_crypt.default_regions;
SET phone_crypt.hash_scheme = 'raw';
SELECT count(*) AS found FROM customer WHERE hash = phone_hash(phone);
RESET phone_crypt.hash_scheme;

-- No two of them draw the same random bytes.
SELECT count(DISTINCT left(value, 32)) AS ivs
  FROM (SELECT phone_encrypt(phone) AS value FROM customer UNION ALL SELECT phone_encrypt(phone) FROM customer
        UNION ALL SELECT value FROM customer) AS every;

-- Errors and pins reach the client as they do without workers.
SELECT phone_hash(phone || 'x' || repeat('0', 250)) FROM customer LIMIT 1;
SELECT count(*) AS pinned FROM phone_crypt_pin_keys();
SELECT count(*) AS found FROM customer WHERE hash = phone_hash(phone);
SELECT set_config('phone_crypt.encryption_key', :'k2', false);
\set SHOW_CONTEXT never
SELECT count(*) AS found FROM customer WHERE hash = phone_hash(phone);
\echo :LAST_ERROR_SQLSTATE
RESET phone_crypt.encryption_key;
DELETE FROM phone_crypt.pinned_keys;

DROP FUNCTION t.runs_in_worker;
DROP TABLE customer;
