-- phone_encrypt, phone_decrypt, phone_try_decrypt, phone_key_id. The server's key is K1 of the published vectors.
\pset format unaligned
\pset null '<NULL>'

-- Published vectors, made with other software.
\set plain     '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035'
\set of_row_42 '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00bc864261be18320ab5f4138c3a771d4f035cad2198886c50791ddc91408aca2c'
\set of_users  '000102030405060708090a0b0c0d0e0f:01a915ee2b824ef2917d6c7ba93114026ffabe2b4139c9a3dae608cedfca0704c59b6752a521e8adefd0fad4a31d90f9ee13f2290b'
\set two_block '000102030405060708090a0b0c0d0e0f:01a915ee2b807d4b0cdaabd4f51de1260f906ef8af92587e7241bd390c9b669ff794f3fc4d87c011b4b12d5e34ae57cc42960fb4f67561b9aaea3b8c41525182bc42a1fcad'
\set raw_text  '000102030405060708090a0b0c0d0e0f:02a915ee2b62ed78849c638ee9040fbc3dc18ba56287588701d4131a96f2ce05021d005c52fd508a3dc51979e0a0199c75abcedbbd'
\set of_k2     '000102030405060708090a0b0c0d0e0f:013a4e3936d861528d193b34196a8b43cbf3e072ddc0402069b8d8885eaef34c163d21814e2e45fda916d4abe775ec0d740ac0608b'
\set legacy    '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973'

SELECT phone_decrypt(:'plain') AS plain, phone_decrypt(:'of_row_42', E'users.phone\x1f42') AS of_row_42,
       phone_decrypt(:'of_users', 'users.phone') AS of_users, phone_decrypt(:'two_block') AS two_block,
       phone_decrypt(:'plain', '') AS empty_context_is_none;

-- There and back, from any spelling, with and without a context.
SELECT input, left(context, 11) AS context, phone_decrypt(phone_encrypt(input, context), context)
  FROM (VALUES ('0401 148 075', ''), ('4011480751', 'users.phone'), ('+442070313000', 'müller'),
               ('＋１８００３５６９３７７', E'users.phone\x1f42'), ('+1 650 253 0000 x123', repeat('c', 100000))
       ) AS example (input, context);

-- The stored form: 139 characters, two values of one number differ throughout, the key id shows.
SELECT length(value), value ~ '^[0-9a-f]{32}:01a915ee2b[0-9a-f]{96}$' AS shape, phone_key_id(value)
  FROM phone_encrypt('0401148075') AS value;
SELECT count(DISTINCT left(value, 32)) AS ivs, count(DISTINCT right(value, 64)) AS tags,
       count(DISTINCT substr(value, 44, 32)) AS data
  FROM (SELECT phone_encrypt('0401148075') AS value FROM generate_series(1, 1000)) AS many;
SELECT length(:'two_block') AS fifteen_digits;

-- What is at fault, and how. Wrong context, kind, or a changed byte: one text.
SELECT what, t.outcome('phone_decrypt($1, $2)', value, context) AS decrypt,
       t.outcome('phone_try_decrypt($1, $2)', value, context) AS try
  FROM (VALUES ('wrong context', :'of_users', 'users.fax'),
               ('context missing', :'of_users', ''),
               ('context added', :'plain', 'users.phone'),
               ('another kind', :'raw_text', ''),
               ('kind byte changed', overlay(:'raw_text' placing '01' from 34 for 2), ''),
               ('IV changed', t.flip(:'plain', 1), ''),
               ('data changed', t.flip(:'plain', 44), ''),
               ('tag changed', t.flip(:'plain', 139), ''),
               ('two values spliced', left(:'plain', 75) || right(:'of_row_42', 64), ''),
               ('a block left out', left(:'two_block', 75) || right(:'two_block', 64), ''),
               ('upper case', upper(:'plain'), ''),
               ('one letter in upper case', replace(:'plain', 'a915', 'A915'), ''),
               ('truncated by a digit', left(:'plain', 138), ''),
               ('truncated by a byte', left(:'plain', 137), ''),
               ('truncated by a block', left(:'plain', 107), ''),
               ('one digit more', :'plain' || '0', ''),
               ('space after it', :'plain' || ' ', ''),
               ('no colon', replace(:'plain', ':', '0'), ''),
               ('no hex', replace(:'plain', 'f', 'g'), ''),
               ('not ASCII', replace(:'plain', 'f', 'é'), ''),
               ('short IV', right(:'plain', 137), ''),
               ('kind 00', overlay(:'plain' placing '00' from 34 for 2), ''),
               ('kind 09, unknown', overlay(:'plain' placing '09' from 34 for 2), ''),
               ('unauthenticated', :'legacy', ''),
               ('empty', '', ''),
               ('a phone number', '+61401148075', ''),
               ('1 MB', repeat('0', 1000000), '')) AS example (what, value, context);

-- A key that is not configured is not the value's fault: try_ raises as well. The id is named, nothing is tried.
SELECT t.outcome('phone_decrypt($1)', :'of_k2') AS decrypt, t.outcome('phone_try_decrypt($1)', :'of_k2') AS try;

-- NULL value: NULL. NULL context: an error, whatever the value.
SELECT phone_encrypt(NULL), phone_decrypt(NULL), phone_try_decrypt(NULL), phone_encrypt(NULL, 'x'), phone_decrypt(NULL, 'x'),
       phone_try_decrypt(NULL, 'x'), phone_key_id(NULL);
SELECT expression, t.outcome(expression)
  FROM (VALUES ($$phone_encrypt('0401148075', NULL)$$), ('phone_encrypt(NULL, NULL)'), ($$phone_decrypt('x', NULL)$$),
               ('phone_decrypt(NULL, NULL)'), ($$phone_try_decrypt('x', NULL)$$),
               ('phone_try_decrypt(NULL, NULL)')) AS example (expression);

-- Only phone numbers are encrypted.
SELECT t.outcome('phone_encrypt($1)', 'hello') AS garbage, t.outcome('phone_encrypt($1)', '') AS empty,
       t.outcome('phone_encrypt($1)', repeat('1', 1000000)) AS long;

-- phone_key_id needs no key and authenticates nothing.
SELECT phone_key_id(:'plain') AS plain, phone_key_id(:'of_k2') AS of_k2, phone_key_id(:'raw_text') AS raw,
       phone_key_id(:'legacy') AS legacy,
       phone_key_id(upper(:'legacy')) AS legacy_in_capitals, phone_key_id(t.flip(:'plain', 139)) AS forged;
SELECT t.outcome('phone_key_id($1)', '+61401148075') AS phone, t.outcome('phone_key_id($1)', upper(:'plain')) AS upper,
       t.outcome('phone_key_id($1)', overlay(:'plain' placing '09' from 34 for 2)) AS kind_09,
       t.outcome('phone_key_id($1)', '') AS empty;

-- Named arguments.
SELECT phone_decrypt(value => phone_encrypt(phone => '0401148075', context => 'c'), context => 'c');
