-- Registry and jobs: each role writes about its own tables only.
\set VERBOSITY sqlstate
CREATE ROLE regress_registry_one;
CREATE ROLE regress_registry_two;
SELECT FROM phone_crypt_grant('regress_registry_one', 'admin');
SELECT FROM phone_crypt_grant('regress_registry_two', 'admin');
CREATE TABLE registry_one (id int PRIMARY KEY, e text, h text, n int);
ALTER TABLE registry_one OWNER TO regress_registry_one;
CREATE TABLE registry_gone (id int PRIMARY KEY, e text, h text);
CREATE VIEW registry_view AS SELECT * FROM registry_gone;
ALTER VIEW registry_view OWNER TO regress_registry_one;
ALTER TABLE registry_gone OWNER TO regress_registry_one;

SET ROLE regress_registry_one;
INSERT INTO phone_crypt.columns (relation, column_name, encrypted_column, hash_column, has_plaintext, hash_key_id, hash_scheme)
SELECT t, 'phone', 'e', 'h', false, '00000000', 'derived' FROM unnest('{registry_one,registry_gone}'::regclass[]) AS t;
INSERT INTO phone_crypt.jobs (procedure, relation) VALUES ('p', 'registry_one');

-- Others go by the registry, so it is about columns of text of tables.
INSERT INTO phone_crypt.columns (relation, column_name, encrypted_column, hash_column, has_plaintext, hash_key_id, hash_scheme)
VALUES ('registry_view', 'phone', 'e', 'h', false, '00000000', 'derived');
INSERT INTO phone_crypt.columns (relation, column_name, encrypted_column, hash_column, has_plaintext, hash_key_id, hash_scheme)
VALUES ('registry_one', 'other', 'n', 'h', false, '00000000', 'derived');
UPDATE phone_crypt.columns SET raw_column = 'not there' WHERE relation = 'registry_one'::regclass;

-- Another role reads, and writes nothing.
SET ROLE regress_registry_two;
SELECT relation, column_name FROM phone_crypt.columns WHERE relation = 'registry_one'::regclass;
INSERT INTO phone_crypt.jobs (procedure, relation) VALUES ('p', 'registry_one');
UPDATE phone_crypt.columns SET hash_scheme = 'raw' WHERE relation = 'registry_one'::regclass;
UPDATE phone_crypt.jobs SET done = 1 WHERE relation = 'registry_one'::regclass;
DELETE FROM phone_crypt.columns WHERE relation = 'registry_one'::regclass;

-- Nor does the owner give a row away.
SET ROLE regress_registry_one;
UPDATE phone_crypt.jobs SET relation = 'pg_class' WHERE relation = 'registry_one'::regclass;
RESET ROLE;

-- What is left of a dropped table is the registry's owner's to remove.
DROP TABLE registry_gone CASCADE;
SET ROLE regress_registry_one;
DELETE FROM phone_crypt.columns WHERE relation <> 'registry_one'::regclass;
DELETE FROM phone_crypt.columns WHERE relation = 'registry_one'::regclass RETURNING column_name;
DELETE FROM phone_crypt.jobs WHERE relation = 'registry_one'::regclass RETURNING procedure;
RESET ROLE;
DELETE FROM phone_crypt.columns RETURNING column_name;

DROP TABLE registry_one;
DROP OWNED BY regress_registry_one, regress_registry_two;
DROP ROLE regress_registry_one, regress_registry_two;
