-- phone_reencrypt, and rotation in miniature. K1 is the old key, K2 the new one.
\pset format unaligned
\pset null '<NULL>'
\set k1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
\set k2 correct-horse-battery-staple-0123456789abcdef
CREATE TEMP TABLE customer (id integer PRIMARY KEY, phone text, note text, phone_hash text);

-- Written under K1.
SELECT set_config('phone_crypt.encryption_key', :'k1', false);
INSERT INTO customer
    SELECT id, phone_encrypt('04011480' || id, 'customer.phone'), phone_encrypt_raw('note ' || id), phone_hash('04011480' || id)
      FROM generate_series(10, 19) AS id;
SELECT phone_key_id(phone), phone_key_id(note), count(*) FROM customer GROUP BY 1, 2;

-- K2 becomes primary, K1 previous: what was written still decrypts, and is found under any configured key.
SELECT set_config('phone_crypt.encryption_key', :'k2', false), set_config('phone_crypt.previous_keys', :'k1', false);
SELECT phone_decrypt(phone, 'customer.phone'), phone_decrypt_raw(note) FROM customer
 WHERE phone_hash = ANY (phone_hashes('0401 148 013'));

-- Each value moves: new key, new IV, same kind, same context, same text.
CREATE TEMP TABLE before AS SELECT * FROM customer;
UPDATE customer SET phone = phone_reencrypt(phone, 'customer.phone'), note = phone_reencrypt(note),
    phone_hash = phone_hash(phone_decrypt(phone, 'customer.phone'));
SELECT phone_key_id(phone), phone_key_id(note), count(*), count(DISTINCT left(phone, 32)) AS ivs FROM customer GROUP BY 1, 2;
SELECT bool_and(phone_decrypt(customer.phone, 'customer.phone') = phone_decrypt(before.phone, 'customer.phone')) AS same_number,
       bool_and(phone_decrypt_raw(customer.note) = phone_decrypt_raw(before.note)) AS same_note,
       bool_and(left(customer.phone, 32) <> left(before.phone, 32)) AS new_iv,
       bool_and(substr(customer.phone, 34, 2) = '01' AND substr(customer.note, 34, 2) = '02') AS same_kind,
       bool_and(customer.phone_hash <> before.phone_hash) AS new_hash
  FROM customer JOIN before USING (id);

-- The second time nothing changes, byte for byte.
SELECT bool_and(phone_reencrypt(phone, 'customer.phone') = phone AND phone_reencrypt(note) = note) AS unchanged FROM customer;

-- Then K1 can go.
SELECT set_config('phone_crypt.previous_keys', '', false);
SELECT count(phone_decrypt(phone, 'customer.phone')) AS readable FROM customer;
SELECT DISTINCT t.outcome('phone_reencrypt($1, $2)', phone, 'customer.phone') FROM before;
SELECT set_config('phone_crypt.previous_keys', :'k1', false);

-- A forged value is refused, also one that already names the primary key and would come back unchanged.
SELECT phone AS current FROM customer WHERE id = 10 \gset
SELECT phone AS old FROM before WHERE id = 10 \gset
SELECT what, replace(t.outcome('phone_reencrypt($1, $2)', value, context), value, 'as it was') AS outcome
  FROM (VALUES ('genuine', :'current', 'customer.phone'),
               ('wrong context', :'current', 'customer.fax'),
               ('context missing', :'current', ''),
               ('IV changed', t.flip(:'current', 1), 'customer.phone'),
               ('data changed', t.flip(:'current', 44), 'customer.phone'),
               ('tag changed', t.flip(:'current', 139), 'customer.phone'),
               ('kind changed', overlay(:'current' placing '02' from 34 for 2), 'customer.phone')
       ) AS example (what, value, context);
SELECT what, t.outcome('phone_reencrypt($1, $2)', value, context)
  FROM (VALUES ('wrong context', :'old', 'customer.fax'),
               ('tag changed', t.flip(:'old', 139), 'customer.phone'),
               ('truncated', left(:'old', 137), 'customer.phone'),
               ('upper case', upper(:'old'), 'customer.phone'),
               ('unauthenticated', '000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973', ''),
               ('garbage', '+61401148075', '')) AS example (what, value, context);

SELECT phone_reencrypt(NULL), phone_reencrypt(NULL, 'c');
SELECT t.outcome('phone_reencrypt($1, NULL)', phone) AS null_context, t.outcome('phone_reencrypt(NULL, NULL)')
  FROM customer LIMIT 1;
