-- phone_encrypt_column(): a column of plain text becomes one of type encrypted_phone under its own name, and the
-- statements of an application stay as they are.
\set SHOW_CONTEXT never
\pset null '<NULL>'
SET search_path = t, public;
CREATE TABLE customer (
    id int PRIMARY KEY,
    tenant int NOT NULL DEFAULT 1,
    phone varchar(40) NOT NULL UNIQUE,
    note text
);
CREATE INDEX customer_tenant_phone ON customer (tenant, phone DESC);
COMMENT ON COLUMN customer.phone IS 'where the customer is called';
INSERT INTO customer VALUES
    (1, 1, '0401 148 075'), (2, 1, '+61 401 148 076'), (3, 2, '(04) 0114-8077'), (4, 2, '02 9374 4000 ext. 12'),
    (5, 1, 'ask for Bob'), (6, 2, '');
-- The application, which shows numbers with phone_show().
CREATE ROLE regress_application;
GRANT USAGE ON SCHEMA t TO regress_application;
GRANT SELECT, INSERT, UPDATE, DELETE ON customer TO regress_application;
CREATE POLICY own_tenant ON customer TO regress_application USING (tenant = current_setting('t.tenant')::int);
ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
PREPARE look_up (text) AS SELECT id FROM customer WHERE phone = $1 ORDER BY id;
PREPARE show (int) AS SELECT id, phone_show(phone) AS phone, note FROM customer WHERE id = $1;
PREPARE upsert (int, text, text) AS
    INSERT INTO customer (id, phone, note) VALUES ($1, $2, $3) ON CONFLICT (phone) DO UPDATE SET note = EXCLUDED.note RETURNING id;
EXECUTE show (1);

-- Nothing is changed before the roles that use the column have the right, and nothing hangs on it that would be lost.
CALL phone_encrypt_column('customer', 'phone');
SELECT phone_crypt_grant('regress_application', 'writer'), phone_crypt_grant('regress_application', 'reader');
CREATE VIEW numbers AS SELECT id, phone FROM customer;
ALTER TABLE customer ADD CONSTRAINT customer_phone_check CHECK (length(phone) < 40);
CALL phone_encrypt_column('customer', 'phone');
CALL phone_encrypt_column('customer', 'phone', dry_run => true);
DROP VIEW numbers;
ALTER TABLE customer DROP CONSTRAINT customer_phone_check;
CALL phone_encrypt_column('customer', 'nothing');
CALL phone_encrypt_column('customer', 'id');
CALL phone_encrypt_column('customer', NULL);
CALL phone_encrypt_column('customer', 'phone', duplicates => 'keep');
CALL phone_encrypt_column('customer', 'phone', batch_size => 0);
BEGIN;
CALL phone_encrypt_column('customer', 'phone');
ROLLBACK;

-- Two spellings of one number under a unique index.
INSERT INTO customer VALUES (7, 1, '0401148075', 'the same');
CALL phone_encrypt_column('customer', 'phone', dry_run => true);
CALL phone_encrypt_column('customer', 'phone');
-- What is encrypted already.
UPDATE customer SET phone = 'ep:ab' WHERE id = 7;
CALL phone_encrypt_column('customer', 'phone');
DELETE FROM customer WHERE id = 7;
CALL phone_encrypt_column('customer', 'phone', dry_run => true);
SELECT relation, state FROM phone_crypt.conversions;
SELECT column_name FROM information_schema.columns WHERE table_name = 'customer' ORDER BY ordinal_position;

-- The conversion, in one call where a table is small.
SET client_min_messages = warning;
CALL phone_encrypt_column('customer', 'phone', batch_size => 2);
RESET client_min_messages;
SELECT * FROM phone_column_statements('customer', 'phone');
SELECT relation, plain_column, encrypted_column, state FROM phone_crypt.conversions;
SELECT * FROM phone_crypt.encrypted_columns WHERE relation = 'customer'::regclass;
SELECT procedure, state, details FROM phone_crypt.jobs WHERE relation = 'customer'::regclass;
SELECT a.attname, a.atttypid::regtype, a.attnotnull, col_description(a.attrelid, a.attnum)
  FROM pg_attribute AS a WHERE a.attrelid = 'customer'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT pg_get_indexdef(i.indexrelid), i.indimmediate, i.indisvalid
  FROM pg_index AS i WHERE i.indrelid = 'customer'::regclass ORDER BY i.indexrelid::regclass::text COLLATE "C";
SELECT c.conname, c.contype, c.condeferrable FROM pg_constraint AS c
 WHERE c.conrelid = 'customer'::regclass AND c.contype <> 'n' ORDER BY c.conname COLLATE "C";
CALL phone_encrypt_column('customer', 'phone');

-- Statements of before go on, in any spelling.
EXECUTE look_up ('0401148075');
EXECUTE look_up ('+61 (401) 148-075');
EXECUTE look_up ('ask for Bob');
EXECUTE look_up ('');
EXECUTE look_up ('0401 148 079');
EXECUTE show (1);
EXECUTE show (5);
SELECT id, phone_show(phone) AS phone, phone_original(phone) AS original, phone_plain FROM customer ORDER BY id;
SELECT id FROM customer WHERE phone IN ('0401-148-075', '+61401148076') ORDER BY id;
SELECT id FROM customer WHERE phone = ANY ('{0401-148-075,+61401148076}'::text[]) ORDER BY id;
SELECT id FROM customer WHERE phone <> '0401-148-075' AND tenant = 1 ORDER BY id;

-- Writing: the plain text goes with what it said.
EXECUTE upsert (8, '0401 148 078', 'new');
EXECUTE upsert (9, '+61401148078', 'known');
SELECT t.command($$INSERT INTO customer VALUES (10, 2, '0401 148 075')$$) LIKE '23505%customer_phone_key%' AS is_refused;
UPDATE customer SET phone = '0401 148 080' WHERE phone = '0401148076';
UPDATE customer SET note = 'untouched' WHERE id = 3;
\set VERBOSITY terse
UPDATE customer SET phone = NULL WHERE id = 3;
\set VERBOSITY default
SELECT id, phone_show(phone) AS phone, phone_plain, note FROM customer WHERE id IN (2, 3, 8) ORDER BY id;

-- The application sees its own rows only, and finds them by the index.
SET enable_seqscan = off;
SET t.tenant = 2;
SET ROLE regress_application;
SELECT id FROM customer WHERE phone = '0401 148 077';
SELECT id FROM customer WHERE phone = '0401 148 075';
SELECT phone_show(phone) FROM customer WHERE phone = '0401 148 077';
RESET ROLE;
CREATE FUNCTION t.uses(name text, query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
    found boolean := false;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        found := found OR strpos(line, name) > 0;
    END LOOP;
    RETURN found;
END $$;
GRANT EXECUTE ON FUNCTION t.uses(text, text) TO regress_application;
SET ROLE regress_application;
SELECT t.uses('customer_phone_key', 'SELECT id FROM customer WHERE phone = ''0401 148 077''') AS by_index;
RESET ROLE;
RESET enable_seqscan;

-- The plain text goes when nothing would be lost with it.
CALL phone_drop_plaintext('customer', 'phone', dry_run => true);
ALTER TABLE customer DISABLE TRIGGER USER;
UPDATE customer SET phone_plain = '0401 148 999' WHERE id = 1;
CALL phone_drop_plaintext('customer', 'phone');
SELECT id FROM customer WHERE phone <> phone_plain;
UPDATE customer SET phone_plain = NULL WHERE id = 1;
CALL phone_drop_plaintext('customer', 'phone');
SELECT trigger FROM phone_crypt.conversions \gset
ALTER TABLE customer ENABLE ALWAYS TRIGGER :trigger;
CALL phone_drop_plaintext('customer', 'phone');
CALL phone_drop_plaintext('customer', 'phone');
SELECT column_name FROM information_schema.columns WHERE table_name = 'customer' ORDER BY ordinal_position;
SELECT count(*) AS triggers FROM pg_trigger WHERE tgrelid = 'customer'::regclass AND NOT tgisinternal;
SELECT relation, state FROM phone_crypt.conversions;
SELECT * FROM phone_crypt.encrypted_columns WHERE relation = 'customer'::regclass;
EXECUTE show (1);
EXECUTE look_up ('0401148075');

-- Original spellings are kept on request, and repeated numbers as text.
CREATE TABLE contact (id int, phone text UNIQUE);
INSERT INTO contact VALUES (1, '0401 148 075'), (2, '0401148075'), (3, NULL);
SET client_min_messages = warning;
CALL phone_encrypt_column('contact', 'phone', keep_original => true, duplicates => 'text');
SELECT count(*) FILTER (WHERE phone_is_number(phone)) AS numbers, count(phone) AS values, count(*) AS rows FROM contact;
SELECT id, phone_original(phone) FROM contact ORDER BY id;
SELECT details FROM phone_crypt.jobs WHERE relation = 'contact'::regclass;
CALL phone_drop_plaintext('contact', 'phone');
RESET client_min_messages;
SELECT id, phone_original(phone) FROM contact ORDER BY id;

-- A large table waits for its indexes, which somebody makes with CONCURRENTLY.
CREATE TABLE many (id int, phone text UNIQUE, filler text);
ALTER TABLE many ALTER filler SET STORAGE plain;
INSERT INTO many SELECT n, '04' || (1000000 + n) || '0', repeat('x', 3900) FROM generate_series(1, 4200) AS n;
CALL phone_encrypt_column('many', 'phone');
SELECT * FROM phone_column_statements('many', 'phone');
SELECT state FROM phone_crypt.conversions WHERE relation = 'many'::regclass;
SELECT phone_column_statements('many', 'phone') \gexec
SELECT * FROM phone_column_statements('many', 'phone');
SET client_min_messages = warning;
CALL phone_encrypt_column('many', 'phone');
RESET client_min_messages;
SELECT id FROM many WHERE phone = '04 1000 0420';
SELECT state FROM phone_crypt.conversions WHERE relation = 'many'::regclass;

-- A column of values, whose context one has to know. One value among plain text is not read.
CREATE TABLE ticket (id int PRIMARY KEY, phone text NOT NULL);
INSERT INTO ticket SELECT n, phone_encrypt('+6140114807' || n % 7, 'ticket.phone') FROM generate_series(1, 9) AS n;
INSERT INTO ticket VALUES (10, phone_encrypt_raw('ask for Bob', 'ticket.phone'));
CALL phone_encrypt_column('ticket', 'phone');
CALL phone_encrypt_column('ticket', 'phone', context => 'ticket.phone', dry_run => true);
INSERT INTO ticket VALUES (11, '+61401148075');
CALL phone_encrypt_column('ticket', 'phone');
CALL phone_encrypt_column('ticket', 'phone', context => 'ticket.phone');
SELECT count(*) FROM phone_crypt.conversions WHERE relation = 'ticket'::regclass;
DELETE FROM ticket WHERE id = 11;
SET client_min_messages = warning;
CALL phone_encrypt_column('ticket', 'phone', context => 'ticket.phone', batch_size => 3);
RESET client_min_messages;
SELECT details FROM phone_crypt.jobs WHERE relation = 'ticket'::regclass;
SELECT state, source = 'value ' || encode('ticket.phone', 'hex') AS source FROM phone_crypt.conversions WHERE relation = 'ticket'::regclass;
SELECT a.attname, a.attnotnull FROM pg_attribute AS a WHERE a.attrelid = 'ticket'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT id, phone_decrypt(phone), phone_decrypt(phone_plain, 'ticket.phone') FROM ticket WHERE phone IN ('0401 148 075', '0401 148 076') ORDER BY id;
SELECT id, phone_decrypt(phone) FROM ticket WHERE phone = 'ask for Bob';
-- The application gives plain text from now on.
SELECT t.command($$INSERT INTO ticket VALUES (12, phone_encrypt('+61401148075', 'ticket.phone'))$$);
UPDATE ticket SET phone = '0401 148 070' WHERE id = 10;
SELECT id, phone_decrypt(phone), phone_plain FROM ticket WHERE id = 10;
CALL phone_decrypt_column('ticket', 'phone');
UPDATE ticket SET phone_plain = phone_encrypt('+61401148999', 'ticket.phone') WHERE id = 1;
CALL phone_drop_plaintext('ticket', 'phone');
UPDATE ticket SET phone_plain = NULL WHERE id = 1;
SET client_min_messages = error;
CALL phone_drop_plaintext('ticket', 'phone');
CALL phone_decrypt_column('ticket', 'phone');
RESET client_min_messages;
SELECT * FROM ticket ORDER BY id;

DEALLOCATE ALL;
DROP TABLE customer, contact, many, ticket;
DROP FUNCTION t.uses(text, text);
DROP OWNED BY regress_application;
DROP ROLE regress_application;
DELETE FROM phone_crypt.jobs;
DELETE FROM phone_crypt.pinned_keys;

-- The message shows no text that was given for a type.
SELECT phone_crypt.check_rights('information_schema.tables', NULL, '0401148075');
