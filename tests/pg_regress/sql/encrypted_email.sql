-- The data type encrypted_email: values, comparisons, plans, and that it is apart from encrypted_phone. The key is that of the
-- published vectors.
\set VERBOSITY sqlstate
SELECT ' Ann@EXAMPLE.com'::encrypted_email AS value;
SELECT encode(encrypted_email_send('Ann@example.com'), 'hex') AS bytes;
SELECT email_value('Ann@example.com'::encrypted_email);

-- Equal where email_hash is; text that is no address is equal to itself only.
SELECT address, address::encrypted_email = 'Ann@example.com' AS same, address::encrypted_email <> 'Ann@example.com' AS different,
       email_is_address(address::encrypted_email) AS is_address
  FROM unnest(ARRAY['Ann@EXAMPLE.COM', E'Ann@example.com\n', 'ann@example.com', 'Ann+x@example.com', 'ask Ann', '', '0401148075']) AS address;
SELECT count(*) FILTER (WHERE (l.a::encrypted_email = r.a) <> (email_hash(l.a) = email_hash(r.a))) AS unlike_hash, count(*)
  FROM unnest(ARRAY['Ann@EXAMPLE.COM', 'Ann@example.com', 'ann@example.com', 'j@bücher.example', 'j@xn--bcher-kva.example']) AS l (a),
       unnest(ARRAY['Ann@EXAMPLE.COM', 'Ann@example.com', 'ann@example.com', 'j@bücher.example', 'j@xn--bcher-kva.example']) AS r (a);
SELECT 'ask Ann'::encrypted_email = 'ask Ann' AS same, 'ask Ann'::encrypted_email = 'ask ann' AS other_case;
SELECT 'x@y.example  '::char(20)::encrypted_email = 'x@Y.example' AS padded, 'x@y.example'::varchar(20)::encrypted_email = 'x@y.example'::name::text AS from_varchar;

-- What is shown.
SELECT email_decrypt(v), email_show(v), email_mask(v), email_reveal(v), email_key_id(v), email_hash_key_id(v), email_verify(v)
  FROM (VALUES ('Ann@EXAMPLE.com'::encrypted_email), ('ask Ann'), (NULL)) AS t (v) \gx
SELECT email_hash('Ann@EXAMPLE.com'::encrypted_email) = email_hash('Ann@example.com') AS same_hash, email_show('as it is'::text);
SELECT email_hash('ask Ann'::encrypted_email);
SELECT email_hash(NULL::encrypted_email) IS NULL AS h, email_reencrypt(NULL) IS NULL AS r, email_value(NULL) IS NULL AS v,
       email_from_value(NULL, 'a915ee2b') IS NULL AS f, email_is_address(NULL) IS NULL AS i, email_require_address(NULL) IS NULL AS q;
SELECT email_from_value(NULL, NULL);

-- The forms change into each other; it is an ordinary value under a context that nothing else takes.
SELECT v::text::encrypted_email::text = v::text AS as_text, email_from_value(email_value(v), email_hash_key_id(v))::text = v::text AS as_value,
       email_decrypt(v::text), email_reencrypt(v)::text = v::text AS unchanged,
       email_decrypt(email_value(v), E'encrypted_email\x1f' || email_hash_key_id(v)) AS ordinary
  FROM (VALUES ('Ann@example.com'::encrypted_email)) AS t (v);
SELECT email_decrypt('Ann@example.com'::encrypted_email::text, 'some context');
SELECT email_encrypt('Ann@example.com', E'encrypted_email\x1fa915ee2b');
SELECT phone_encrypt_raw('Ann@example.com', E'encrypted_email\x1fa915ee2b');

-- What is refused.
SELECT 'ee:'::encrypted_email;
SELECT 'EE:ab'::encrypted_email;
SELECT ' ee:ask Ann'::text::encrypted_email;
SELECT '000102030405060708090a0b0c0d0e0f:01a915ee2b'::encrypted_email;
SELECT email_encrypt('Ann@example.com')::encrypted_email;
SELECT email_from_value('Ann@example.com', 'a915ee2b');
SELECT email_from_value(email_encrypt('Ann@example.com'), 'a915ee2b');
SELECT email_from_value(email_value('Ann@example.com'::encrypted_email), 'A915EE2B');
-- A byte of the MAC, of the tag, of the key id.
SELECT replace('Ann@example.com'::encrypted_email::text, 'mognbgn', 'mognbgm')::encrypted_email;
SELECT replace('Ann@example.com'::encrypted_email::text, 'hbmckcco', 'hbmckccb')::encrypted_email;
SELECT email_decrypt(overlay('Ann@example.com'::encrypted_email::text PLACING 'aaaaaaaa' FROM 48)::encrypted_email);
SELECT email_verify(overlay('Ann@example.com'::encrypted_email::text PLACING 'aaaaaaaa' FROM 48)::encrypted_email);
SELECT 'a@b.example'::encrypted_email < 'c@d.example';
SELECT t.outcome($$encrypted_email_probe('a@b.example'::text, NULL)$$) ~ '^(42883|0A000)' AS no_function_of_text;

-- Neither type is the other: not as text, not as a value, not with the kind exchanged, not by a cast or an operator.
SELECT 'ask Ann'::encrypted_email::text::encrypted_phone;
SELECT 'ask Ann'::encrypted_phone::text::encrypted_email;
SELECT phone_from_value(email_value('Ann@example.com'::encrypted_email), 'a915ee2b');
SELECT email_from_value(phone_value('0401148075'::encrypted_phone), 'a915ee2b');
SELECT replace('ask Ann'::encrypted_email::text, 'ee:', 'ep:')::encrypted_phone;
SELECT replace('ask Ann'::encrypted_email::text, 'ee:abag', 'ep:abac')::encrypted_phone;
SELECT replace('ask Ann'::encrypted_phone::text, 'ep:abac', 'ee:abag')::encrypted_email;
SELECT replace('ask Ann'::encrypted_phone::text, 'ep:abac', 'ee:abad')::encrypted_email;
SELECT 'a@b.example'::encrypted_email::encrypted_phone;
SELECT '0401148075'::encrypted_phone::encrypted_email;
SELECT 'a@b.example'::encrypted_email = '0401148075'::encrypted_phone;
SELECT phone_decrypt('a@b.example'::encrypted_email);
SELECT phone_decrypt('a@b.example'::encrypted_email::text);
SELECT phone_is_number('a@b.example'::encrypted_email);
SELECT 'EE: 0401 148 075'::encrypted_phone = '0401148075' AS plain_text_of_a_number;

-- A constraint that shows no row; upserts and look-ups by plain text.
CREATE TABLE account (id int PRIMARY KEY, email encrypted_email UNIQUE CHECK (email_require_address(email)));
INSERT INTO account VALUES (1, 'Ann@EXAMPLE.com'), (2, NULL);
INSERT INTO account VALUES (3, 'Ann@example.com');
INSERT INTO account VALUES (3, 'ask Ann');
\set VERBOSITY default
INSERT INTO account VALUES (3, 'ask Ann');
COPY account FROM stdin;
3	ask Ann
\.
COPY account FROM stdin;
3	ee:abad
\.
\set VERBOSITY sqlstate
INSERT INTO account VALUES (3, 'Ann@Example.Com') ON CONFLICT (email) DO UPDATE SET id = 4 RETURNING id, email_decrypt(email);
UPDATE account SET email = 'bob@example.com' WHERE email = 'Ann@EXAMPLE.COM' RETURNING id, email_decrypt(email);
CALL phone_verify_column('account', 'email');
SELECT key_id, hash_key_id, rows FROM phone_column_keys('account', 'email');
SELECT relation, column_name, key_id, rows FROM phone_column_keys() WHERE relation = 'account'::regclass;
SELECT relation, column_name, data_type, is_unique FROM phone_crypt.encrypted_columns WHERE relation = 'account'::regclass;
CALL phone_rotate_column('account', 'email');
DELETE FROM phone_crypt.jobs WHERE relation = 'account'::regclass;

-- Every way of looking an address up goes through the index, and what compares otherwise agrees with it.
TRUNCATE account;
INSERT INTO account SELECT n, 'user' || n || '@example.com' FROM generate_series(1, 2000) AS n;
CREATE TABLE typed (id int, entered text, padded character(40));
INSERT INTO typed SELECT n, 'user' || n || '@EXAMPLE.com', 'user' || n || '@example.com' FROM generate_series(1, 2000, 50) AS n;
ANALYZE account, typed;
SET enable_seqscan = off; SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0;
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        CONTINUE WHEN line LIKE '%Disabled: true%'; -- 18 alone says so
        RETURN NEXT regexp_replace(line, 'ee:[a-p]+', 'ee:...', 'g');
    END LOOP;
END $$;
SELECT plan($$SELECT id FROM account WHERE email = 'user42@EXAMPLE.com'$$);
SELECT plan($$SELECT id FROM account WHERE email = 'user42@example.com'::text$$);
SELECT plan($$SELECT id FROM account WHERE email = 'user42@example.com'::char(40)$$);
SELECT plan($$SELECT id FROM account WHERE email = ANY('{user42@example.com,user43@example.com}'::text[])$$);
SET enable_hashjoin = off; SET enable_mergejoin = off;
SELECT plan($$SELECT a.id FROM typed AS t JOIN account AS a ON a.email = t.entered$$);
RESET enable_hashjoin; SET enable_nestloop = off;
SELECT plan($$SELECT a.id FROM typed AS t JOIN account AS a ON a.email = t.padded$$);
RESET enable_mergejoin; RESET enable_nestloop;
PREPARE untyped AS SELECT id FROM account WHERE email = $1;
PREPARE typed_array (text[]) AS SELECT id FROM account WHERE email = ANY($1) ORDER BY id;
EXECUTE untyped('user42@EXAMPLE.com'); EXECUTE typed_array('{user42@EXAMPLE.com,user43@example.com}');
SELECT count(*), sum(a.id) FROM typed AS t JOIN account AS a ON a.email = t.entered;
SELECT count(*), sum(a.id) FROM typed AS t JOIN account AS a ON t.padded = a.email;
SELECT count(*) FROM typed AS t JOIN account AS a ON t.entered <> a.email WHERE t.id = 1;
SELECT count(*), count(DISTINCT email) FROM (SELECT email FROM account UNION ALL SELECT entered::encrypted_email FROM typed) AS s;
SELECT count(*) FILTER (WHERE NOT before ~<=~ email) AS unordered, count(*) FROM
    (SELECT email, lag(email) OVER (ORDER BY email) AS before FROM account) AS s;
CREATE INDEX by_hash ON account USING hash (email);
SELECT count(*) FROM account WHERE email = 'user7@example.com';
-- No statistics hold a value.
SELECT most_common_vals IS NULL AS no_values, histogram_bounds IS NULL AS no_bounds, n_distinct FROM pg_stats WHERE tablename = 'account' AND attname = 'email';
RESET enable_seqscan; RESET enable_bitmapscan; RESET max_parallel_workers_per_gather;
DROP TABLE typed; DROP FUNCTION plan;

-- Who may give what as input.
CREATE ROLE regress_none; CREATE ROLE regress_phones; CREATE ROLE regress_writer; CREATE ROLE regress_restore;
CREATE ROLE regress_reader; CREATE ROLE regress_masked;
GRANT ALL ON account TO regress_none, regress_phones, regress_writer, regress_restore, regress_reader, regress_masked;
GRANT EXECUTE ON FUNCTION phone_encrypt(text, text, text), phone_hash(text, text, text), phone_decrypt(encrypted_phone),
    phone_from_value(text, text) TO regress_phones;
SELECT phone_crypt_grant(('regress_' || profile)::regrole, profile) FROM unnest('{writer,restore,reader,masked}'::text[]) AS profile;
SELECT email::text AS stored FROM account WHERE id = 1 \gset
SET t.stored = :'stored';
CREATE PROCEDURE t.try_all() LANGUAGE plpgsql AS $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY ARRAY[
        $s$SELECT id FROM account WHERE email = 'user1@example.com'$s$,
        $s$SELECT id FROM account WHERE email = 'user1@example.com'::text$s$,
        $s$SELECT id FROM account WHERE email = ANY('{user1@example.com}'::text[])$s$,
        $s$INSERT INTO account VALUES (-2, 'new@example.com')$s$,
        $s$INSERT INTO account VALUES (-3, current_setting('t.stored'))$s$,
        $s$SELECT email_from_value('x', 'a915ee2b')$s$,
        $s$SELECT email_decrypt(email) FROM account WHERE id = 1$s$,
        $s$SELECT email_show(email) FROM account WHERE id = 1$s$,
        $s$SELECT email_mask(email) FROM account WHERE id = 1$s$,
        $s$SELECT email_reveal(email) FROM account WHERE id = 1$s$,
        $s$SELECT email_hash(email) IS NULL FROM account WHERE id = 1$s$,
        $s$SELECT email_is_address(email), email_key_id(email), email_value(email) IS NULL FROM account WHERE id = 1$s$,
        $s$UPDATE account SET email = email WHERE id = 1$s$
    ] LOOP
        RAISE INFO '%: %', split_part(t.command(statement), ' ', 1), statement;
    END LOOP;
END;
$$;
\set VERBOSITY terse
BEGIN; SET LOCAL ROLE regress_none; CALL t.try_all(); ROLLBACK;
BEGIN; SET LOCAL ROLE regress_phones; CALL t.try_all(); ROLLBACK;
BEGIN; SET LOCAL ROLE regress_writer; CALL t.try_all(); ROLLBACK;
BEGIN; SET LOCAL ROLE regress_restore; CALL t.try_all(); ROLLBACK;
BEGIN; SET LOCAL ROLE regress_masked; CALL t.try_all(); ROLLBACK;
BEGIN; SET LOCAL ROLE regress_reader; CALL t.try_all(); ROLLBACK;
\set VERBOSITY default
SET ROLE regress_reader;
SELECT email_reveal(email) FROM account WHERE id = 1;
SET ROLE regress_masked;
SELECT email_reveal(email) FROM account WHERE id = 1;
SET ROLE regress_phones;
SELECT id FROM account WHERE email = 'user1@example.com';
INSERT INTO account VALUES (-4, current_setting('t.stored'));
RESET ROLE;
-- Binary in, binary out; a column of the other type does not take it.
\set file `mktemp -u /tmp/phone_crypt_regress.XXXXXX`
COPY (SELECT id, email FROM account WHERE id = 1) TO :'file' (FORMAT binary);
CREATE TABLE copied (id int, email encrypted_email);
CREATE TABLE other (id int, phone encrypted_phone);
COPY copied FROM :'file' (FORMAT binary);
SELECT id, email_decrypt(email) FROM copied WHERE email = 'user1@example.com';
\set VERBOSITY sqlstate
COPY other FROM :'file' (FORMAT binary);
\setenv FILE :file
\! rm -f "$FILE"
DROP TABLE copied, other, account; DROP PROCEDURE t.try_all;
DROP OWNED BY regress_none, regress_phones, regress_writer, regress_restore, regress_reader, regress_masked;
DROP ROLE regress_none, regress_phones, regress_writer, regress_restore, regress_reader, regress_masked;
