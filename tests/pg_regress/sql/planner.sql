-- What the planner makes of key-dependent functions: lookups by hash use the index, plans hold no number and no hash.
\pset format unaligned
\pset null '<NULL>'
\set value '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035'
CREATE TABLE customer (id integer PRIMARY KEY, tenant text NOT NULL, phone text NOT NULL, phone_hash text NOT NULL);
INSERT INTO customer
    SELECT id, CASE id % 2 WHEN 0 THEN 'even' ELSE 'odd' END, phone_encrypt('0401148' || id), phone_hash('0401148' || id)
      FROM generate_series(100, 399) AS id;
CREATE INDEX customer_phone_hash ON customer (phone_hash);
ANALYZE customer;
-- The table is small; what counts here is whether the index can be used.
SET enable_seqscan = off;
SET enable_bitmapscan = off;

EXPLAIN (COSTS OFF) SELECT id FROM customer WHERE phone_hash = phone_hash('0401 148 200');
SELECT id FROM customer WHERE phone_hash = phone_hash('0401 148 200');

-- A generic plan calls the function at run time.
SET plan_cache_mode = force_generic_plan;
PREPARE by_phone(text) AS SELECT id FROM customer WHERE phone_hash = phone_hash($1);
EXPLAIN (COSTS OFF) EXECUTE by_phone('0401 148 200');
EXECUTE by_phone('0401 148 200');
PREPARE by_any_hash(text) AS SELECT id FROM customer WHERE phone_hash = ANY (phone_hashes($1));
EXPLAIN (COSTS OFF) EXECUTE by_any_hash('0401 148 200');
EXECUTE by_any_hash('0401 148 200');

-- A prepared statement follows a change of key, of the regions and of the hash scheme at once.
SELECT set_config('phone_crypt.encryption_key', 'correct-horse-battery-staple-0123456789abcdef', false);
EXECUTE by_phone('0401 148 200');
SELECT set_config('phone_crypt.previous_keys', '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', false);
EXECUTE by_any_hash('0401 148 200');
RESET phone_crypt.previous_keys;
RESET phone_crypt.encryption_key;
EXECUTE by_phone('0401 148 200');
SET phone_crypt.hash_scheme = 'raw';
EXECUTE by_phone('0401 148 200');
RESET phone_crypt.hash_scheme;
SET phone_crypt.default_regions = '';
SELECT t.command($$EXECUTE by_phone('0401 148 200')$$);
RESET phone_crypt.default_regions;
RESET plan_cache_mode;

-- The index serves under row-level security as well, also for a function that is not leakproof.
CREATE ROLE regress_tenant;
GRANT SELECT ON customer TO regress_tenant;
SELECT phone_crypt_grant('regress_tenant', 'reader');
ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON customer TO regress_tenant USING (tenant = current_setting('app.tenant'));
SET app.tenant = 'even';
SET ROLE regress_tenant;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE by_phone('0401 148 200');
EXECUTE by_phone('0401 148 200');
EXECUTE by_phone('0401 148 201');
RESET plan_cache_mode;
RESET ROLE;

RESET enable_seqscan;
-- No plan shows a number or a hash that was computed: only what was written in the query.
EXPLAIN (COSTS OFF, VERBOSE) SELECT phone_decrypt(:'value'), phone_try_decrypt(:'value'), phone_reveal(:'value'),
    phone_hash('0401 148 075'), phone_ratelimit_key('0401 148 075'), phone_normalize('0401 148 075');
EXPLAIN (COSTS OFF) SELECT id FROM customer WHERE phone_decrypt(phone) = phone_decrypt(:'value');
SET plan_cache_mode = force_custom_plan;
PREPARE of_value(text) AS SELECT id FROM customer WHERE phone_hash = phone_hash(phone_decrypt($1));
CREATE FUNCTION t.plan_of(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN (VERBOSE) ' || statement;
END;
$$;
SELECT count(*) FILTER (WHERE line LIKE '%401148075%') AS lines_with_the_number,
       count(*) FILTER (WHERE line LIKE '%5ba54c2fcde7%') AS lines_with_the_hash, count(*) > 0 AS lines
  FROM t.plan_of(format('EXECUTE of_value(%L)', :'value')) AS line;

-- A function of its arguments alone is folded, and may be indexed.
EXPLAIN (COSTS OFF, VERBOSE) SELECT phone_region('0401 148 200', 'AU'), phone_normalize('0401 148 200', 'AU');
SELECT t.command($$CREATE INDEX ON customer (phone_region('+61401148' || id::text, ''))$$) AS immutable,
       t.command($$CREATE INDEX ON customer (phone_key_id(phone))$$) AS key_id;
-- One that reads a key or a setting cannot be indexed.
SELECT t.command($$CREATE INDEX ON customer (phone_hash(phone))$$) AS hash,
       t.command($$CREATE INDEX ON customer (phone_decrypt(phone))$$) AS decrypt,
       t.command($$CREATE INDEX ON customer (phone_normalize(phone))$$) AS default_regions;
SELECT t.command($$ALTER TABLE customer ADD COLUMN number text GENERATED ALWAYS AS (phone_decrypt(phone)) STORED$$) AS generated;

DROP FUNCTION t.plan_of;
DROP TABLE customer;
DROP OWNED BY regress_tenant;
DROP ROLE regress_tenant;
