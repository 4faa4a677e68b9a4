-- The way back in two steps: plain and encrypted side by side, while the application is changed back; then plain alone.
\set VERBOSITY terse
\pset null '<NULL>'
CREATE TABLE t.person (id int PRIMARY KEY, phone varchar(30) NOT NULL UNIQUE);
INSERT INTO t.person VALUES (1, '0401 148 075'), (2, '02 9374 4000 ext. 12'), (3, 'ask for Bob');
SET client_min_messages = warning;
CALL phone_add_encrypted_column('t.person', 'phone');
CALL phone_drop_plaintext('t.person', 'phone');
-- What depends on the encrypted columns is met before anything is done, also where a run was begun and stopped.
CREATE VIEW t.person_values AS SELECT id, phone_encrypted FROM t.person;
CALL phone_decrypt_column('t.person', 'phone');
DROP VIEW t.person_values;
INSERT INTO phone_crypt.jobs (procedure, relation, column_name) VALUES ('phone_decrypt_column', 't.person', 'phone');
CALL phone_decrypt_column('t.person', 'phone', keep_encrypted => true);
RESET client_min_messages;
SELECT state, details FROM phone_crypt.jobs WHERE procedure = 'phone_decrypt_column';

SELECT has_plaintext FROM phone_crypt.columns WHERE relation = 't.person'::regclass;
SELECT id, phone, phone_decrypt(phone_encrypted) AS number FROM t.person ORDER BY id;

-- Old and new application write, and the constraints of the plain column hold again.
INSERT INTO t.person (id, phone) VALUES (4, '0401 148 076');
INSERT INTO t.person (id, phone_encrypted) VALUES (5, phone_encrypt('0401 148 077'));
INSERT INTO t.person (id) VALUES (6);
SELECT t.outcome('(SELECT count(*) FROM pg_index WHERE indrelid = ''t.person''::regclass AND indisunique)');
SELECT id, phone, phone_decrypt(phone_encrypted) AS number FROM t.person WHERE id > 3 ORDER BY id;

CALL phone_decrypt_column('t.person', 'phone', keep_encrypted => NULL);

-- Once more changes nothing; without keep_encrypted the rest goes.
SET client_min_messages = warning;
CALL phone_decrypt_column('t.person', 'phone', keep_encrypted => true);
CALL phone_decrypt_column('t.person', 'phone');
-- Once more is no mistake, for a column that was decrypted.
CALL phone_decrypt_column('t.person', 'phone');
CALL phone_decrypt_column('t.person', 'name');
RESET client_min_messages;
SELECT * FROM t.person ORDER BY id;
SELECT count(*) AS registered FROM phone_crypt.columns WHERE relation = 't.person'::regclass;
SELECT count(*) AS triggers FROM pg_trigger WHERE tgrelid = 't.person'::regclass AND NOT tgisinternal;


-- A table that comes without its registration: its trigger is taken over.
SET client_min_messages = warning;
CALL phone_add_encrypted_column('t.person', 'phone');
DELETE FROM phone_crypt.columns;
CALL phone_add_encrypted_column('t.person', 'phone');
RESET client_min_messages;
INSERT INTO t.person (id, phone) VALUES (7, '0401 148 078');
SELECT id, phone, phone_decrypt(phone_encrypted) AS number FROM t.person ORDER BY id;
DROP TABLE t.person;
DELETE FROM phone_crypt.columns;
DELETE FROM phone_crypt.jobs;
DELETE FROM phone_crypt.pinned_keys;
