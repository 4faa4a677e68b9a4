-- phone_check_column: what the texts of a column are as phone numbers. It changes nothing and shows no number.
\pset format unaligned
\pset null '<NULL>'
\set SHOW_CONTEXT never
CREATE TABLE customer (id integer PRIMARY KEY, phone text, note text, born date);
INSERT INTO customer (id, phone)
SELECT row_number() OVER (), phone
  FROM unnest(ARRAY['0401 148 075', '+61 401 148 076', '0401148077', '(02) 9374 4000 ext. 5', '650 253 0000', '4011480751',
                    '+44 20 7946 0958', '+800 1234 5678', 'ask for Bob', '12', '', NULL, NULL, repeat('5', 300), '401148075.0',
                    '4.01148075E8', '0401 148 xxx', '+61******075', '0401 148 075 / 0401 148 076', '0401 148 075 Max',
                    '☎ ٠٤٠', E'0401\t148']) AS phone;
SELECT * FROM phone_check_column('customer', 'phone');
SELECT outcome, region, rows FROM phone_check_column('customer', 'phone', 'GB,US');
SELECT outcome, region, rows FROM phone_check_column('customer', 'phone', '') WHERE outcome = 'valid';
-- Every row counts once, and what is sampled hides what masks hide.
SELECT sum(rows) AS rows, max(cardinality(samples)) AS most,
       bool_or(samples::text ~ '[0-9]{4}') AS shows_a_number
  FROM phone_check_column('customer', 'phone');

-- Columns of text, domains over it, also of partitioned tables and views, under any name.
CREATE DOMAIN phone_text AS varchar(40);
CREATE DOMAIN phone_code AS phone_text CHECK (VALUE <> '');
CREATE TABLE "Odd ""table" ("a; DROP TABLE customer" phone_code, fixed char(20)) PARTITION BY LIST (fixed);
CREATE TABLE odd_part PARTITION OF "Odd ""table" DEFAULT;
INSERT INTO "Odd ""table" VALUES ('0401 148 075', '+61401148076');
CREATE VIEW shown AS SELECT phone || '' AS phone FROM customer WHERE id = 1;
SELECT outcome, samples FROM phone_check_column('"Odd ""table"', 'a; DROP TABLE customer')
UNION ALL SELECT outcome, samples FROM phone_check_column('"Odd ""table"', 'fixed')
UNION ALL SELECT outcome, samples FROM phone_check_column('shown', 'phone');
SELECT count(*) AS groups FROM phone_check_column('customer', 'note') WHERE outcome <> 'null';

-- Refusals.
SELECT call, t.outcome('(SELECT count(*) FROM phone_check_column(' || call || '))') AS outcome
  FROM (VALUES ($$NULL, 'phone'$$), ($$'customer', NULL$$), ($$'customer', 'phone', NULL$$), ($$'customer', 'nothing'$$),
               ($$'customer', 'id'$$), ($$'customer', 'born'$$), ($$'customer', 'tableoid'$$), ($$'customer', 'phone', 'XX'$$),
               ($$4294967295::oid, 'phone'$$), ($$'customer_pkey', 'id'$$)) AS example (call);

-- The caller needs to be able to read the column, and all its rows.
CREATE ROLE regress_checker;
SELECT phone_crypt_grant('regress_checker', 'admin');
SET ROLE regress_checker;
SELECT t.outcome($$(SELECT sum(rows) FROM phone_check_column('customer', 'phone'))$$);
RESET ROLE;
GRANT SELECT (phone) ON customer TO regress_checker;
SET ROLE regress_checker;
SELECT sum(rows) FROM phone_check_column('customer', 'phone');
SELECT t.outcome($$(SELECT sum(rows) FROM phone_check_column('customer', 'note'))$$);
RESET ROLE;
ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
SET ROLE regress_checker;
SELECT t.outcome($$(SELECT sum(rows) FROM phone_check_column('customer', 'phone'))$$);
RESET ROLE;
SELECT sum(rows) FROM phone_check_column('customer', 'phone');

-- What hangs on the table runs as its owner, whoever calls, and leaves nothing behind.
CREATE ROLE regress_owner;
CREATE SCHEMA traps AUTHORIZATION regress_owner;
SET ROLE regress_owner;
CREATE FUNCTION traps.spring() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('search_path', 'traps, pg_catalog', false);
    RAISE NOTICE 'runs as %', current_user;
    RETURN '0401 148 075';
END;
$$;
CREATE VIEW traps.view AS SELECT traps.spring() AS phone;
RESET ROLE;
SELECT outcome, rows FROM phone_check_column('traps.view', 'phone');
SHOW search_path;
SELECT current_user = session_user AS same;

DROP VIEW traps.view;
DROP SCHEMA traps CASCADE;
DROP VIEW shown;
DROP TABLE customer, "Odd ""table";
DROP DOMAIN phone_code, phone_text;
DROP OWNED BY regress_checker;
DROP ROLE regress_checker, regress_owner;
