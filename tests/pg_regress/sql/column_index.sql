-- The index of a hash column: unique as the plain column's, made now, concurrently or not at all.
\set VERBOSITY terse
\pset format unaligned
CREATE FUNCTION t.indexes(relation regclass) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', CASE WHEN indisunique THEN 'unique ' ELSE '' END)
      FROM pg_index WHERE indrelid = relation AND NOT indisprimary ORDER BY indexrelid
$$;
CREATE TABLE t.unique_one (id int PRIMARY KEY, tenant int, phone text UNIQUE, UNIQUE (tenant, phone));
CREATE TABLE t.plain_one (id int PRIMARY KEY, phone text);
CREATE TABLE t.parted (id int, phone text, PRIMARY KEY (id), UNIQUE (id, phone)) PARTITION BY HASH (id);
CREATE TABLE t.parted_0 PARTITION OF t.parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO t.unique_one VALUES (1, 1, '0401 148 075'), (2, 2, '+61 401 148 075');
SET client_min_messages = warning;

CALL phone_add_encrypted_column('t.plain_one', 'phone', "index" => 'none');
SELECT t.indexes('t.plain_one');
CALL phone_decrypt_column('t.plain_one', 'phone');
CALL phone_add_encrypted_column('t.plain_one', 'phone');
SELECT t.indexes('t.plain_one');
CALL phone_add_encrypted_column('t.unique_one', 'phone');
SELECT t.indexes('t.unique_one');
CALL phone_decrypt_column('t.unique_one', 'phone');

-- Concurrently: the statement, then the rest.
SET client_min_messages = notice;
CALL phone_add_encrypted_column('t.unique_one', 'phone', "index" => 'concurrently');
SET client_min_messages = warning;
SELECT count(phone_encrypted) AS encrypted FROM t.unique_one;
CREATE UNIQUE INDEX CONCURRENTLY ON t.unique_one (phone_hash) WHERE phone_hash IS NOT NULL;
CREATE UNIQUE INDEX CONCURRENTLY ON t.unique_one (tenant, phone_hash) WHERE phone_hash IS NOT NULL;
CALL phone_add_encrypted_column('t.unique_one', 'phone', "index" => 'concurrently');
SELECT count(phone_encrypted) AS encrypted, count(phone_hash) AS hashes FROM t.unique_one;
CALL phone_add_encrypted_column('t.parted', 'phone', "index" => 'concurrently');
CALL phone_add_encrypted_column('t.parted', 'phone');
SELECT t.indexes('t.parted');
CALL phone_decrypt_column('t.plain_one', 'phone');
CALL phone_add_encrypted_column('t.plain_one', 'phone', "index" => 'later');

DROP TABLE t.unique_one, t.plain_one, t.parted;
DROP FUNCTION t.indexes(regclass);
DELETE FROM phone_crypt.columns;
DELETE FROM phone_crypt.jobs;
DELETE FROM phone_crypt.pinned_keys;
