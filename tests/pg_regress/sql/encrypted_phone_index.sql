-- The data type in plans: every way of looking a number up goes through the index.
CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE);
INSERT INTO customer SELECT n, '+6140' || (1000000 + n) FROM generate_series(1, 5000) AS n;
CREATE TABLE typed (id int, entered text, padded character(20));
INSERT INTO typed SELECT n, '040' || (1000000 + n), '040' || (1000000 + n) FROM generate_series(1, 5000, 50) AS n;
ANALYZE customer, typed;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET max_parallel_workers_per_gather = 0;

-- Shows the plan without what a ciphertext or a cost would change.
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        CONTINUE WHEN line LIKE '%Disabled: true%'; -- 18 alone says so
        RETURN NEXT regexp_replace(line, 'ep:[a-p]+', 'ep:...', 'g');
    END LOOP;
END $$;

SELECT plan($$SELECT id FROM customer WHERE phone = '040 1000 042'$$);
SELECT plan($$SELECT id FROM customer WHERE phone = '0401000042'::text$$);
SELECT plan($$SELECT id FROM customer WHERE phone = '0401000042'::varchar(20)$$);
SELECT plan($$SELECT id FROM customer WHERE phone = '0401000042'::char(12)$$);
SELECT plan($$SELECT id FROM customer WHERE '0401000042'::text = phone$$);
SELECT plan($$SELECT id FROM customer WHERE phone IN ('0401000042', '0401000043')$$);
SELECT plan($$SELECT id FROM customer WHERE phone = ANY(ARRAY['0401000042', '0401000043'])$$);
SELECT plan($$SELECT id FROM customer WHERE phone = ANY('{0401000042,0401000043}'::text[])$$);
SELECT plan($$SELECT id FROM customer WHERE phone IS NOT DISTINCT FROM '0401000042'$$);
SET enable_hashjoin = off; SET enable_mergejoin = off;
SELECT plan($$SELECT c.id FROM typed AS t JOIN customer AS c ON c.phone = t.entered$$);
RESET enable_hashjoin; SET enable_nestloop = off;
SELECT plan($$SELECT c.id FROM typed AS t JOIN customer AS c ON c.phone = t.entered$$);
SELECT plan($$SELECT c.id FROM typed AS t JOIN customer AS c ON c.phone = t.padded$$);
SET enable_hashjoin = off; SET enable_mergejoin = on;
SELECT plan($$SELECT c.id FROM typed AS t JOIN customer AS c ON c.phone = t.entered$$);
SELECT count(*), sum(c.id) FROM typed AS t JOIN customer AS c ON c.phone = t.entered;
RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_nestloop;
SELECT count(*), sum(c.id) FROM typed AS t JOIN customer AS c ON c.phone = t.entered;
SELECT count(*), sum(c.id) FROM typed AS t JOIN customer AS c ON t.padded = c.phone;
SELECT count(*) FROM typed AS t JOIN customer AS c ON t.entered <> c.phone WHERE t.id = 1;

-- Prepared, with bound arguments, both kinds of plan.
PREPARE untyped AS SELECT id FROM customer WHERE phone = $1;
PREPARE typed_text (text) AS SELECT id FROM customer WHERE phone = $1;
PREPARE typed_array (text[]) AS SELECT id FROM customer WHERE phone = ANY($1) ORDER BY id;
SET plan_cache_mode = force_generic_plan;
EXECUTE untyped('0401000042'); EXECUTE typed_text('0401000042'); EXECUTE typed_array('{0401000042,"+61 401 000 043"}');
SELECT plan($$EXECUTE untyped('0401000042')$$);
SELECT plan($$EXECUTE typed_text('0401000042')$$);
SELECT plan($$EXECUTE typed_array('{0401000042}')$$);
SET plan_cache_mode = force_custom_plan;
EXECUTE untyped('0401000042'); EXECUTE typed_text('0401000042'); EXECUTE typed_array('{0401000042,"+61 401 000 043"}');
RESET plan_cache_mode;

-- What compares otherwise.
SELECT count(*), count(DISTINCT phone) FROM (SELECT phone FROM customer UNION ALL SELECT entered::encrypted_phone FROM typed) AS s;
SELECT count(*) FROM (SELECT phone FROM customer UNION SELECT entered::encrypted_phone FROM typed) AS s;
SELECT count(*) FROM (SELECT phone FROM customer INTERSECT SELECT entered::encrypted_phone FROM typed) AS s;
SELECT count(*) FROM (SELECT phone, count(*) FROM (SELECT phone FROM customer UNION ALL SELECT entered::encrypted_phone FROM typed) AS s GROUP BY phone HAVING count(*) = 2) AS s;
SELECT count(*), count(c.id), count(t.id) FROM customer AS c FULL JOIN typed AS t ON c.phone = t.entered;
SELECT NULLIF('0401000042'::encrypted_phone, '+61401000042') IS NULL AS nullif;
SELECT id FROM customer JOIN (VALUES ('0401000042'::encrypted_phone)) AS v (phone) USING (phone);
SELECT id FROM customer WHERE (phone, id) = ('0401000042', 42);
SELECT count(*) FROM customer WHERE phone NOT IN ('0401000042', '0401000043');
SELECT id FROM customer WHERE phone IN (SELECT entered FROM typed) ORDER BY id LIMIT 3;
SELECT count(*) FROM customer WHERE NOT EXISTS (SELECT FROM typed WHERE entered = phone);
SELECT CASE '0401000042'::encrypted_phone WHEN '+61 401 000 042' THEN 'same' END;

-- Sorting agrees with the operators, however it is done.
SELECT count(*) FILTER (WHERE NOT before ~<=~ phone) AS unordered, count(*) FROM
    (SELECT phone, lag(phone) OVER (ORDER BY phone) AS before FROM customer) AS s;
SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; SET enable_sort = on;
SELECT count(*) FILTER (WHERE NOT before ~<=~ phone) AS unordered, count(*) FROM
    (SELECT phone, lag(phone) OVER (ORDER BY phone) AS before FROM customer) AS s;
RESET enable_indexscan; RESET enable_indexonlyscan;
SELECT max(a) FROM (SELECT (a.phone ~<~ b.phone)::int + (a.phone = b.phone)::int + (a.phone ~>~ b.phone)::int
    + ((a.phone ~<=~ b.phone) <> (a.phone ~<~ b.phone OR a.phone = b.phone))::int
    + ((a.phone ~>=~ b.phone) <> (a.phone ~>~ b.phone OR a.phone = b.phone))::int AS a
    FROM customer AS a, customer AS b WHERE a.id < 40 AND b.id < 40) AS s;

-- Upserts, MERGE's source, foreign keys.
INSERT INTO customer VALUES (9001, '0401000042') ON CONFLICT (phone) DO UPDATE SET id = 9001 RETURNING id;
INSERT INTO customer VALUES (9002, '0401000042') ON CONFLICT DO NOTHING RETURNING id;
CREATE TABLE call (phone encrypted_phone REFERENCES customer (phone) ON UPDATE CASCADE ON DELETE CASCADE);
INSERT INTO call VALUES ('+61 401 000 043'), ('0401000044 ext. 5');
\set VERBOSITY terse
INSERT INTO call VALUES ('0299999999');
\set VERBOSITY default
UPDATE customer SET phone = '0401999999' WHERE phone = '0401000043';
DELETE FROM customer WHERE phone = '0401000044';
SELECT phone_decrypt(phone) FROM call;
DROP TABLE call;

-- Index kinds, partitions, domains, arrays, composites.
CREATE TABLE by_hash (phone encrypted_phone, id int) PARTITION BY HASH (phone);
CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO by_hash SELECT phone, id FROM customer WHERE id <= 100;
SELECT count(*) > 20 AS spread FROM by_hash_0 UNION ALL SELECT count(*) > 20 FROM by_hash_1;
SELECT id FROM by_hash WHERE phone = '0401000050';
CREATE TABLE by_list (phone encrypted_phone, id int) PARTITION BY LIST (phone);
CREATE TABLE by_list_1 PARTITION OF by_list FOR VALUES IN ('0401000001', '0401000002');
CREATE TABLE by_list_rest PARTITION OF by_list DEFAULT;
INSERT INTO by_list VALUES ('+61401000001', 1), ('0401000003', 3);
SELECT tableoid::regclass, id FROM by_list ORDER BY id;
SELECT regexp_replace(plan($$SELECT id FROM by_list WHERE phone = '0401000001'$$), 'Seq Scan on by_list_1.*', 'Seq Scan on by_list_1');
CREATE INDEX ON customer USING hash (phone);
DROP INDEX customer_phone_idx;
CREATE DOMAIN required_phone AS encrypted_phone CHECK (phone_is_number(VALUE));
SELECT '0401000001'::required_phone = '+61401000001' AS same;
CREATE TABLE many (phones encrypted_phone[]);
INSERT INTO many VALUES ('{0401000001,"+61 401 000 002"}'), (ARRAY['0401000003']);
CREATE INDEX ON many USING gin (phones);
SELECT count(*) FROM many WHERE phones @> ARRAY['0401000002'::encrypted_phone];
SELECT count(*) FROM many WHERE phones && '{0401000003}';
SELECT count(*) FROM many WHERE '0401000003' = ANY (phones);
CREATE TYPE contact AS (name text, phone encrypted_phone);
SELECT (ROW('Ann', '0401000001')::contact).phone = '0401000001' AS composite;
SELECT (jsonb_populate_record(NULL::contact, '{"name": "Ann", "phone": "0401 000 001"}')).phone = '+61401000001' AS from_json;
SELECT to_jsonb(phone)::text LIKE '"ep:%' AS to_json FROM customer WHERE phone = '0401000001';
DROP TABLE by_hash, by_list, many; DROP TYPE contact; DROP DOMAIN required_phone;

-- No value is kept in the statistics, and the estimates are good nevertheless.
ANALYZE customer;
SELECT null_frac, n_distinct, most_common_vals IS NULL AND histogram_bounds IS NULL AS no_values
  FROM pg_stats WHERE tablename = 'customer' AND attname = 'phone';
CREATE TABLE few AS SELECT ('040100000' || n % 5)::encrypted_phone AS phone FROM generate_series(1, 1000) AS n;
ANALYZE few;
SELECT n_distinct, most_common_vals IS NULL AND histogram_bounds IS NULL AS no_values FROM pg_stats WHERE tablename = 'few';
DROP TABLE few;

-- Row-level security and barrier views leave the index in use: the comparison is leakproof.
ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
CREATE POLICY odd ON customer USING (id % 2 = 1 OR phone_mask(phone) IS NULL);
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM customer WHERE id % 2 = 1;
CREATE ROLE phone_crypt_test_limited;
GRANT SELECT ON customer, barrier TO phone_crypt_test_limited;
SELECT phone_crypt_grant('phone_crypt_test_limited', 'writer');
SELECT phone_crypt_grant('phone_crypt_test_limited', 'masked');
SET ROLE phone_crypt_test_limited;
SELECT plan($$SELECT id FROM customer WHERE phone = '0401000051'$$);
SELECT plan($$SELECT id FROM barrier WHERE phone = '0401000051'$$);
SELECT id FROM customer WHERE phone IN ('0401000051', '0401000052');
RESET ROLE;
DROP VIEW barrier;
DROP OWNED BY phone_crypt_test_limited;
DROP ROLE phone_crypt_test_limited;

-- Under any search_path.
SET search_path = pg_catalog;
SELECT id FROM public.customer WHERE phone IN ('0401000060', '0401000061') ORDER BY id;
RESET search_path;

-- Saving the same number again changes no byte of the row's indexed columns: the update is HOT.
CREATE TABLE saved (phone encrypted_phone UNIQUE, note text) WITH (fillfactor = 50);
INSERT INTO saved VALUES ('0401000001');
BEGIN;
UPDATE saved SET phone = '+61 401 000 001', note = 'same';
UPDATE saved SET phone = '0401000001'::text, note = 'again';
SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'saved';
COMMIT;
DROP TABLE saved;

-- In parallel workers, with the session's key.
SET enable_seqscan = on; SET enable_indexscan = off; SET enable_indexonlyscan = off;
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT count(*) = 1 AS gathered FROM plan($$SELECT count(*) FROM customer, typed WHERE phone = entered AND customer.id % 2 = 1$$) AS line WHERE line LIKE '%Gather%';
SELECT count(*) FROM customer, typed WHERE phone = entered AND customer.id % 2 = 1;
SELECT count(phone_mask(phone)) FROM customer WHERE phone_mask(phone) LIKE '+61%';
DROP FUNCTION plan; DROP TABLE customer, typed;
