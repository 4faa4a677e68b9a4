-- The data type: values, spellings, comparisons. The key is that of the published vectors.
\set VERBOSITY sqlstate
SELECT '0401 148 075'::encrypted_phone AS value;
SELECT encode(encrypted_phone_send('+61401148075'), 'hex') AS bytes;
SELECT phone_value('+61401148075'::encrypted_phone);

-- Any spelling is equal; text that is no number is equal to itself only.
SELECT spelling, spelling::encrypted_phone = '+61401148075' AS same,
       spelling::encrypted_phone <> '+61401148075' AS different,
       phone_is_number(spelling::encrypted_phone) AS is_number
  FROM unnest(ARRAY['0401148075', '+61 (401) 148-075', '0401 148 075 x12', ' +61401148075 ', '+14011480751',
                    'ask for Bob', '', '+61401148075 or 0401148076']) AS spelling;
SELECT 'ask for Bob'::encrypted_phone = 'ask for Bob' AS same, 'ask for Bob'::encrypted_phone = 'ask for bob' AS other_case;
SELECT 'x  '::char(5)::encrypted_phone = 'x' AS padded, '0401148075'::varchar(20)::encrypted_phone = '0401148075'::name::text AS from_varchar;
SELECT encrypted_phone('020 7946 0958', 'GB') = '+442079460958' AS in_gb;

-- What is shown.
SELECT phone_decrypt(v), phone_show(v), phone_original(v), phone_extension(v), phone_mask(v), phone_reveal(v),
       phone_region(v), phone_type(v), phone_key_id(v), phone_hash_key_id(v), phone_verify(v)
  FROM (VALUES ('0401 148 075'::encrypted_phone), ('0401 148 075 ext. 12'), ('fax 0401 148 075'), ('ask for Bob'), (NULL)) AS t (v) \gx
SELECT phone_hash('0401148075'::encrypted_phone) = phone_hash('0401148075') AS same_hash,
       phone_ratelimit_key('0401148075'::encrypted_phone) = phone_ratelimit_key('0401148075') AS same_key;
SELECT phone_hash('ask for Bob'::encrypted_phone);
SELECT phone_ratelimit_key('ask for Bob'::encrypted_phone);
SELECT phone_show('as it is'::text);
SELECT encrypted_phone(NULL, 'AU') IS NULL AS null_phone;
SELECT encrypted_phone('0401148075', NULL);
SELECT encrypted_phone('0401148075', 'XX');

-- The forms change into each other.
SELECT v::text::encrypted_phone::text = v::text AS as_text, phone_from_value(phone_value(v), phone_hash_key_id(v))::text = v::text AS as_value,
       phone_decrypt(v::text), phone_reveal(v::text), phone_key_id(v::text), phone_reencrypt(v::text) = v::text AS unchanged,
       phone_reencrypt(v)::text = v::text AS unchanged_too,
       phone_decrypt(phone_value(v), E'encrypted_phone\x1f' || phone_hash_key_id(v)) AS ordinary
  FROM (VALUES ('0401 148 075'::encrypted_phone)) AS t (v);
SELECT phone_decrypt('0401148075'::encrypted_phone::text, 'some context');
SELECT phone_try_decrypt('ep:abab'), phone_try_decrypt('0401148075'::encrypted_phone::text);

-- What is refused.
SELECT 'ep:'::encrypted_phone;
SELECT 'EP:ab'::encrypted_phone;
SELECT ' ep:0401148075'::text::encrypted_phone;
SELECT '000102030405060708090a0b0c0d0e0f:01a915ee2b'::encrypted_phone;
SELECT phone_encrypt('0401148075')::encrypted_phone;
SELECT encrypted_phone(phone_encrypt('0401148075'), 'AU');
SELECT phone_from_value('0401148075', 'a915ee2b');
SELECT phone_from_value(phone_encrypt('0401148075'), 'a915ee2b');
SELECT phone_from_value(phone_value('0401148075'::encrypted_phone), 'A915EE2B');
SELECT phone_from_value(NULL, NULL);
SELECT phone_encrypt('0401148075', E'encrypted_phone\x1fa915ee2b');
SELECT phone_encrypt_raw('x', E'encrypted_phone\x1f');
SELECT phone_reencrypt(phone_value('0401148075'::encrypted_phone), E'encrypted_phone\x1fa915ee2b');
-- A byte of the MAC, of the tag, of the key id; a forged tag under a good MAC.
SELECT replace('0401148075'::encrypted_phone::text, 'eacdhfdkf', 'eacdhfdke')::encrypted_phone;
SELECT replace('0401148075'::encrypted_phone::text, 'kikohehp', 'kikohehb')::encrypted_phone;
SELECT phone_decrypt(overlay('0401148075'::encrypted_phone::text PLACING 'aaaaaaaa' FROM 48)::encrypted_phone);
SELECT phone_verify(overlay('0401148075'::encrypted_phone::text PLACING 'aaaaaaaa' FROM 48)::encrypted_phone);
-- Nobody can call what only the planner makes.
SELECT t.outcome($$encrypted_phone_probe('0401148075', NULL)$$) ~ '^(42883|0A000)' AS no_function,
       t.outcome($$encrypted_phone_probe('0401148075'::text, NULL)$$) ~ '^(42883|0A000)' AS no_function_of_text;
-- No order that means anything, no concatenation into something else.
SELECT '0401148075'::encrypted_phone < '0401148076';
SELECT '0401148075'::encrypted_phone BETWEEN 'a' AND 'b';
SELECT '0401148075'::encrypted_phone || 'x' LIKE 'ep:%' AS ciphertext;

-- A constraint that shows no row.
CREATE TABLE strict (id int PRIMARY KEY, phone encrypted_phone UNIQUE CHECK (phone_require_number(phone)));
INSERT INTO strict VALUES (1, '0401 148 075'), (2, NULL);
INSERT INTO strict VALUES (3, '+61401148075');
INSERT INTO strict VALUES (3, 'ask for Bob');
\set VERBOSITY default
INSERT INTO strict VALUES (3, 'ask for Bob');
COPY strict FROM stdin;
3	ask for Bob
\.
COPY strict FROM stdin;
3	ep:abab
\.
UPDATE strict SET phone = '0401148076' WHERE phone = '+61-401-148-075' RETURNING id, phone_decrypt(phone);
CALL phone_verify_column('strict', 'phone');
\set VERBOSITY sqlstate
CALL phone_verify_column('strict', 'id');
CALL phone_verify_column('pg_catalog.pg_views', 'viewname');
CALL phone_verify_column(NULL, 'id');
DROP TABLE strict;
