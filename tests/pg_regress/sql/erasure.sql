-- Erasure: phone_forget removes a number from encrypted columns, rate limits, lists and blocks.
\pset format unaligned
\pset null '<NULL>'
SELECT phone_crypt_generate_key() AS old_key, phone_crypt_generate_key() AS new_key \gset
SET phone_crypt.encryption_key = :'old_key';
SELECT key_id AS old_id FROM phone_crypt.key_status \gset
-- Tables of one role; somebody else erases, who may not even read them.
CREATE ROLE regress_owner;
CREATE ROLE regress_eraser;
SELECT phone_crypt_grant('regress_eraser', 'admin');
CREATE SCHEMA regress_shop AUTHORIZATION regress_owner;
SET ROLE regress_owner;
CREATE TABLE regress_shop.customers (id integer PRIMARY KEY, phone encrypted_phone, tenant text NOT NULL);
CREATE INDEX ON regress_shop.customers (phone);
CREATE TABLE regress_shop."Rufe" (id integer, "Nummer" encrypted_phone, am date NOT NULL DEFAULT current_date) PARTITION BY RANGE (id);
CREATE TABLE regress_shop.rufe_1 PARTITION OF regress_shop."Rufe" FOR VALUES FROM (0) TO (10);
CREATE TABLE regress_shop.rufe_2 PARTITION OF regress_shop."Rufe" FOR VALUES FROM (10) TO (20);
RESET ROLE;

-- Policies: who may set them, and what they may be.
SET ROLE regress_owner;
SELECT t.outcome('phone_column_policy(''regress_shop.customers'', ''phone'')') AS without_the_profile;
RESET ROLE;
SELECT phone_crypt_grant('regress_owner', 'admin');
SET ROLE regress_eraser;
SELECT t.outcome('phone_column_policy(''regress_shop."Rufe"'', ''Nummer'')') AS not_the_owner;
SET ROLE regress_owner;
SELECT phone_column_policy('regress_shop."Rufe"', 'Nummer', 'delete', '2 years', 'am');
SELECT phone_column_policy('regress_shop.customers', 'phone');
SELECT column_name, on_forget, retention, retention_column FROM phone_crypt.encrypted_columns ORDER BY 1;
SELECT arguments, t.outcome('phone_column_policy(' || arguments || ')')
  FROM unnest(ARRAY['NULL, ''phone''', '''regress_shop.customers'', NULL', '''regress_shop.customers'', ''phone'', NULL',
                    '''regress_shop.customers'', ''phone'', ''forget''', '''regress_shop.customers'', ''tenant''',
                    '''regress_shop.customers'', ''phone'', ''null'', ''1 year''',
                    '''regress_shop.customers'', ''phone'', ''null'', NULL, ''tenant''',
                    '''regress_shop.customers'', ''phone'', ''null'', ''1 year'', ''tenant''',
                    '''regress_shop.customers'', ''phone'', ''null'', ''1 year'', ''nowhere''',
                    '''regress_shop."Rufe"'', ''Nummer'', ''null'', ''0'', ''am''',
                    '''regress_shop."Rufe"'', ''Nummer'', ''null'', ''-1 year'', ''am''']) AS arguments;
RESET ROLE;

-- Every way in which a number can be there.
INSERT INTO regress_shop.customers VALUES
    (1, '0401 148 075', 'a'), (2, '0401 148 076', 'a'), (3, '(04) 0114 8075', 'another spelling'),
    (4, '0401 148 075 ext. 9', 'extension'), (5, 'ask for Bob', 'no number'), (6, NULL, 'nothing');
-- As a conversion keeps a number that another row has.
SET phone_crypt.default_regions = 'US';
INSERT INTO regress_shop.customers VALUES (7, '0401 148 075', 'kept as text'), (8, '0401 148 077', 'another one');
RESET phone_crypt.default_regions;
INSERT INTO regress_shop."Rufe" (id, "Nummer")
    SELECT id, '+6140114807' || CASE WHEN id IN (1, 2, 11) THEN 5 ELSE 6 END FROM unnest(ARRAY[1, 2, 3, 11, 12]) AS id;
SELECT ratelimit_policy_set('calls', 5, '1 hour'), ratelimit_policy_set('durable_calls', 5, '1 hour', durable => true);
SELECT count(*) AS keys FROM (
    SELECT ratelimit_hit_phone(number, 5, '1 hour'), ratelimit_check('calls', phone_ratelimit_key(number)),
           ratelimit_check('durable_calls', phone_ratelimit_key(number)), ratelimit_list_phone('deny', number),
           ratelimit_block_phone(number, '1 hour', 'calls')
      FROM unnest(ARRAY['+61401148075', '+61401148076']) AS number) AS hits;

-- What triggers of the table see of whoever erases.
SET ROLE regress_owner;
CREATE TABLE regress_shop.seen (what text);
CREATE FUNCTION regress_shop.see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO regress_shop.seen VALUES (format('%s in %s, search_path %s', TG_OP, current_user, current_setting('search_path')));
    BEGIN
        PERFORM set_config('role', 'regress_eraser', false);
    EXCEPTION WHEN OTHERS THEN
        INSERT INTO regress_shop.seen VALUES (SQLERRM);
    END;
    RETURN NULL;
END;
$$;
CREATE TRIGGER see AFTER UPDATE ON regress_shop.customers FOR EACH STATEMENT EXECUTE FUNCTION regress_shop.see();
RESET ROLE;

-- The keys have changed since, and so has the scheme of new hashes.
SELECT ratelimit_flush();
SET phone_crypt.encryption_key = :'new_key';
SET phone_crypt.previous_keys = :'old_key';
SET ROLE regress_eraser;
SELECT * FROM phone_forget('(04) 0114-8075');
SELECT * FROM phone_forget('+61401148075') WHERE rows > 0;
RESET ROLE;
SELECT DISTINCT what FROM regress_shop.seen ORDER BY 1;
SELECT id, phone_original(phone), tenant FROM regress_shop.customers ORDER BY id;
SELECT id, phone_decrypt("Nummer") FROM regress_shop."Rufe" ORDER BY id;

-- Of the other number all is there; of this one nothing.
SELECT number, count(s.key) AS states, count(*) FILTER (WHERE s.blocked_until IS NOT NULL) AS blocks,
       (SELECT count(*) FROM phone_crypt.ratelimit_lists AS l WHERE l.key = ANY (keys)) AS listed,
       (SELECT count(*) FROM phone_crypt.ratelimit_blocked_phones AS b WHERE b.key = ANY (keys)) AS blocked,
       (SELECT count(*) FROM phone_crypt.rate_limits AS r WHERE r.id LIKE ANY (SELECT '%' || k FROM unnest(keys) AS k)) AS rows
  FROM unnest(ARRAY['+61401148075', '+61401148076']) AS number, phone_crypt.ratelimit_phone_keys(number) AS keys
  LEFT JOIN phone_crypt.ratelimit_status AS s ON s.key LIKE ANY (SELECT '%' || k FROM unnest(keys) AS k)
 GROUP BY number, keys ORDER BY number;

-- Values under either hash key are found.
INSERT INTO regress_shop."Rufe" (id, "Nummer") VALUES (4, '+61401148080');
SET phone_crypt.hash_key_id = :'old_id';
INSERT INTO regress_shop."Rufe" (id, "Nummer") VALUES (5, '+61401148080');
RESET phone_crypt.hash_key_id;
SELECT * FROM phone_forget('+61401148080') WHERE object ~ 'Rufe';

-- A domain over a domain is found. Values within an array are not searched, which is said.
CREATE DOMAIN regress_shop.inner_domain AS encrypted_phone;
CREATE DOMAIN regress_shop.outer_domain AS regress_shop.inner_domain;
CREATE TABLE regress_shop.nested (phone regress_shop.outer_domain, phones encrypted_phone[]);
SELECT phone_column_policy('regress_shop.nested', 'phone');
INSERT INTO regress_shop.nested VALUES ('0401 148 081', '{0401148081}');
SELECT * FROM phone_forget('0401148081') WHERE object ~ 'nested';
DROP TABLE regress_shop.nested;

-- Rows of lists and blocks whose hash key is gone are known by the number beside the hash.
SET phone_crypt.hash_key_id = :'old_id';
SELECT ratelimit_list_phone('deny', '+61401148078'), ratelimit_block_phone('+61401148078', '1 hour') IS NOT NULL AS blocked;
UPDATE phone_crypt.ratelimit_lists SET key = 'phone_hash:' || repeat('0', 64) WHERE key = phone_ratelimit_key('+61401148078');
RESET phone_crypt.hash_key_id;
SELECT * FROM phone_forget('+61401148078') WHERE rows > 0 ORDER BY object, action;

-- What stands in the way at one table is said by table and SQLSTATE, without a row; the others are done all the same.
INSERT INTO regress_shop.customers (id, phone, tenant) VALUES (20, '0401148079', 'a');
CREATE FUNCTION t.refusal(change text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE change;
        SET LOCAL ROLE regress_eraser;
        SET LOCAL client_min_messages = error;
        RETURN QUERY SELECT concat_ws(' ', f.object, f.action, f.rows, f.sqlstate) FROM phone_forget('0401148079') AS f
                      WHERE f.sqlstate IS NOT NULL OR f.object ~ 'Rufe';
        RAISE EXCEPTION 'back' USING ERRCODE = 'P0099';
    EXCEPTION WHEN SQLSTATE 'P0099' THEN NULL;
    END;
    RETURN NEXT (SELECT phone_decrypt(phone) FROM regress_shop.customers WHERE id = 20);
END;
$$;
SELECT t.refusal('DELETE FROM regress_shop.customers WHERE phone IS NULL; ALTER TABLE regress_shop.customers ALTER phone SET NOT NULL');
SELECT t.refusal('ALTER TABLE regress_shop.customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
SELECT t.refusal('ALTER TABLE regress_shop.customers ADD CHECK (phone IS NOT NULL OR id <> 20)');
SELECT t.refusal('CREATE TABLE regress_shop.orders (customer integer REFERENCES regress_shop.customers); INSERT INTO regress_shop.orders VALUES (20);
                  SELECT phone_column_policy(''regress_shop.customers'', ''phone'', ''delete'')');
SELECT t.refusal($$CREATE FUNCTION t.tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''%'', public.phone_decrypt(OLD.phone); END';
                   CREATE TRIGGER tell BEFORE UPDATE ON regress_shop.customers FOR EACH ROW EXECUTE FUNCTION t.tell()$$);
SELECT t.refusal($$CREATE FUNCTION t.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                   CREATE TRIGGER keep BEFORE UPDATE ON regress_shop.customers FOR EACH ROW EXECUTE FUNCTION t.keep()$$);
SELECT t.refusal('SECURITY LABEL FOR phone_crypt ON COLUMN regress_shop.customers.phone IS NULL');
SELECT t.refusal('ALTER TABLE regress_shop.customers ADD telephone encrypted_phone');
SELECT t.refusal('SET LOCAL phone_crypt.previous_keys = ''''');
SELECT t.refusal('SELECT 1');
-- Whoever does not look at the rows is warned.
BEGIN;
ALTER TABLE regress_shop.customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SELECT count(*) FROM phone_forget('0401148079');
ROLLBACK;
SELECT t.outcome('(SELECT count(*) FROM phone_forget(NULL))'), t.outcome('(SELECT count(*) FROM phone_forget(''ask for Bob''))');

SELECT ratelimit_policy_drop('calls'), ratelimit_policy_drop('durable_calls');
DROP TABLE regress_shop.customers, regress_shop."Rufe";
SELECT count(*) FROM phone_forget('+61401148076');
DROP FUNCTION t.refusal(text);
SET client_min_messages = warning;
DROP SCHEMA regress_shop CASCADE;
SELECT phone_crypt_revoke('regress_eraser', 'admin'), phone_crypt_revoke('regress_owner', 'admin');
DROP ROLE regress_eraser;
DROP ROLE regress_owner;

-- An address is forgotten in columns of encrypted_email as a number is in its own.
CREATE TABLE readers (id integer PRIMARY KEY, email encrypted_email);
INSERT INTO readers VALUES (1, 'Ann@EXAMPLE.com'), (2, 'bob@example.com'), (3, 'Ann@example.com');
SELECT object, action, rows, sqlstate FROM email_forget('Ann@example.com');
SELECT phone_column_policy('readers', 'email');
SELECT object, action, rows, sqlstate FROM email_forget(' Ann@Example.COM ');
SELECT id, email IS NULL AS forgotten FROM readers ORDER BY id;
SELECT count(*) FROM email_forget('no address');
SELECT count(*) FROM email_forget(NULL);
