-- phone_encrypt_raw and phone_decrypt_raw: any text (kind 02). The server's key is K1.
\pset format unaligned
\pset null '<NULL>'

\set raw_text '000102030405060708090a0b0c0d0e0f:02a915ee2b62ed78849c638ee9040fbc3dc18ba56287588701d4131a96f2ce05021d005c52fd508a3dc51979e0a0199c75abcedbbd'
\set number   '000102030405060708090a0b0c0d0e0f:01a915ee2b25286765943ebba436ef2322d7ad1b00eeb0b45b523c997a1532034d46f202b3d76d11e85df35fc0997df53b6ce38035'

SELECT phone_decrypt_raw(:'raw_text');

-- Nothing is normalised; any length, any script.
SELECT input, phone_decrypt_raw(phone_encrypt_raw(input, 'c'), 'c') = input AS same, length(phone_encrypt_raw(input, 'c'))
  FROM (VALUES (''), (' '), ('0401 148 075'), ('fünfzehn Bytes'), ('ask for Bob'), ('☎ 日本'),
               ('exactly 16 bytes')) AS example (input);
SELECT phone_decrypt_raw(phone_encrypt_raw(repeat('é', 1000000))) = repeat('é', 1000000) AS "2 MB";
SELECT value ~ '^[0-9a-f]{32}:02a915ee2b[0-9a-f]{96}$' AS shape, phone_key_id(value) FROM phone_encrypt_raw('x') AS value;

-- Each reader takes its own kind, context and key only, with one text for whatever fails authentication.
SELECT what, t.outcome(expression, value)
  FROM (VALUES ('a number read as raw text', 'phone_decrypt_raw($1)', :'number'),
               ('raw text read as a number', 'phone_decrypt($1)', :'raw_text'),
               ('wrong context', 'phone_decrypt_raw($1, ''x'')', :'raw_text'),
               ('tag changed', 'phone_decrypt_raw($1)', t.flip(:'raw_text', 139)),
               ('malformed', 'phone_decrypt_raw($1)', 'ask for Bob'),
               ('upper case', 'phone_decrypt_raw($1)', upper(:'raw_text')),
               ('unauthenticated', 'phone_decrypt_raw($1)',
                '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973')) AS example (what, expression, value);

SELECT phone_encrypt_raw(NULL), phone_decrypt_raw(NULL), phone_encrypt_raw(NULL, 'c'), phone_decrypt_raw(NULL, 'c');
SELECT expression, t.outcome(expression)
  FROM (VALUES ($$phone_encrypt_raw('x', NULL)$$), ('phone_encrypt_raw(NULL, NULL)'), ($$phone_decrypt_raw('x', NULL)$$),
               ('phone_decrypt_raw(NULL, NULL)')) AS example (expression);
