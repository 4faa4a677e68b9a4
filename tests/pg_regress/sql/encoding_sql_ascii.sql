-- A database in SQL_ASCII holds bytes: those that are UTF-8 give what a UTF-8 database gives, others are refused.
\pset format unaligned
\pset null '<NULL>'
\set VERBOSITY terse
\encoding UTF8
SELECT phone_encrypt_raw('fünf ☎') AS raw_text, phone_encrypt('0401148075', 'société') AS number,
       phone_hash('0401148075', 'société') AS hash, current_database() AS home \gset
CREATE DATABASE regress_sql_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_sql_ascii
CREATE EXTENSION phone_crypt;
SHOW server_encoding;

SELECT phone_decrypt_raw(:'raw_text') AS raw_text, phone_decrypt(:'number', 'société') AS number,
       phone_hash('0401148075', 'société') = :'hash' AS same_hash;
SELECT phone_decrypt_raw(phone_encrypt_raw('fünf ☎', 'société'), 'société') = 'fünf ☎' AS there_and_back,
       phone_decrypt(phone_encrypt('0401 148 075'));
SELECT phone_normalize('０４０１１４８０７５'), phone_mask('＋６１４０１１４８０７５'), phone_format('0401148075', 'international'),
       phone_try_normalize('☎'), phone_is_valid('☎');
SELECT phone_encrypt('0401 148 075', 'société') AS number, phone_encrypt_raw('☎', 'é') AS raw_text \gset

-- Bytes that are no UTF-8 have no place in the stored formats.
\set VERBOSITY sqlstate
SELECT phone_encrypt_raw(E'caf\xe9');
SELECT phone_encrypt('0401148075', E'caf\xe9');
SELECT phone_hash('0401148075', E'caf\xe9');
\set VERBOSITY terse
-- As a phone they are none, and no message quotes them.
SELECT phone_is_valid(E'\xe9401148075'), phone_is_possible(E'\xe9401148075'), phone_mask(E'\xe9401148075'),
       phone_try_normalize(E'\xe9401148075');
SELECT phone_normalize(E'\xe9401148075');
SELECT phone_decrypt(E'\xe9401148075');

\c :home
\encoding UTF8
SELECT phone_decrypt(:'number', 'société') AS number, phone_decrypt_raw(:'raw_text', 'é') AS raw_text;
DROP DATABASE regress_sql_ascii;
