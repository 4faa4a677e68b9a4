-- A database in LATIN1: the stored formats are over UTF-8 all the same, so values and hashes are those of a UTF-8 database.
\pset format unaligned
\pset null '<NULL>'
\set VERBOSITY terse
\encoding UTF8
SELECT phone_encrypt_raw('fünf é') AS raw_text, phone_encrypt_raw('☎') AS telephone_sign,
       phone_encrypt('0401148075', 'société') AS number,
       phone_hash('0401148075', 'société') AS hash, current_database() AS home \gset
CREATE DATABASE regress_latin1 TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_latin1
\encoding UTF8
CREATE EXTENSION phone_crypt;
SHOW server_encoding;
SELECT octet_length('é') AS bytes;

-- Written in UTF-8, read here.
SELECT phone_decrypt_raw(:'raw_text') AS raw_text, phone_decrypt(:'number', 'société') AS number,
       phone_hash('0401148075', 'société') = :'hash' AS same_hash,
       phone_hashes('0401148075', 'société') = ARRAY[:'hash'] AS same_hashes;
-- Written here, read here, and below in UTF-8.
SELECT phone_decrypt_raw(phone_encrypt_raw('fünf é', 'société'), 'société') = 'fünf é' AS there_and_back,
       length(phone_encrypt_raw('0123456789abcdé')) AS sixteen_bytes_as_utf8;
SELECT phone_encrypt('0401 148 075', 'société') AS number, phone_encrypt_raw('é', 'é') AS raw_text,
       phone_hash('0401 148 075', 'société') AS hash \gset

-- A character that this encoding lacks cannot be shown.
\set VERBOSITY sqlstate
SELECT phone_decrypt_raw(:'telephone_sign');
\set VERBOSITY terse

-- Phones: a no-break space between digits, and what is none.
SELECT phone_normalize(U&'0401\00A0148\00A0075'), phone_mask('é'), phone_try_normalize('é'), phone_is_valid('é'),
       phone_is_possible('é'), phone_try_decrypt('é');
SELECT phone_normalize('é');
SELECT phone_normalize('0401148075', 'é');
SELECT phone_decrypt('é');
SELECT phone_key_id('é');
-- The limit of 250 bytes counts UTF-8: 12 of one byte, and 119 or 120 of two.
SELECT phone_normalize('+61401148075' || repeat('é', 119));
SELECT phone_normalize('+61401148075' || repeat('é', 120));

\c :home
\encoding UTF8
SELECT phone_decrypt(:'number', 'société') AS number, phone_decrypt_raw(:'raw_text', 'é') AS raw_text,
       phone_hash('0401148075', 'société') = :'hash' AS same_hash;
DROP DATABASE regress_latin1;
