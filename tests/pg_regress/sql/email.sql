-- E-mail addresses: normalised, masked, encrypted, found by hash.
\pset format unaligned
\pset null NULL

SELECT a, email_normalize(a), email_mask(a) FROM (VALUES ('Ann.B@Example.COM'), (' ann@bücher.example '), ('a+tag@example.co.uk'), (NULL)) AS v (a);
SELECT a, email_is_valid(a) FROM (VALUES ('ann@example.com'), ('ann@localhost'), ('"ann"@example.com'), ('Ann <ann@example.com>'), (''), (NULL)) AS v (a);
SELECT email_normalize('ann');
SELECT email_normalize('ann@localhost');
SELECT email_normalize('a..b@example.com');
SELECT email_normalize(repeat('a', 65) || '@example.com');
SELECT email_mask('no address at all');

SELECT email_match_key('Ann.B+x@Gmail.com'), email_match_key('Ann.B+x@Gmail.com', without_tag => true),
       email_match_key('Ann.B+x@Googlemail.com', as_gmail => true), email_match_key('Ann.B+x@example.com', as_gmail => true);
SELECT email_match_key('ann@example.com', NULL);

-- A value opens under its context, as its kind.
SELECT email_decrypt(email_encrypt('Ann@EXAMPLE.com')), email_decrypt(email_encrypt('Ann@EXAMPLE.com', 'users.email'), 'users.email'),
       email_encrypt(NULL), email_decrypt(NULL), substr(email_encrypt('ann@example.com'), 34, 2) AS kind,
       email_encrypt('ann@example.com') <> email_encrypt('ann@example.com') AS differs;
SELECT email_decrypt(email_encrypt('ann@example.com', 'users.email'));
SELECT email_decrypt(phone_encrypt('+61401148075'));
SELECT phone_decrypt_raw(email_encrypt('ann@example.com'));
SELECT email_decrypt('ann@example.com');
SELECT email_encrypt('ann@example.com', NULL);
SELECT phone_key_id(email_encrypt('ann@example.com')) = phone_key_id(phone_encrypt('+61401148075')) AS same_key;
SELECT email_decrypt(phone_reencrypt(email_encrypt('ann@example.com', 'c'), 'c'), 'c');

-- One hash for one address, whatever its domain's spelling; another one for another context, and for text.
SELECT email_hash('ann@EXAMPLE.com') = email_hash(' ann@example.com') AS same, email_hash('Ann@example.com') = email_hash('ann@example.com') AS case_matters,
       email_hash('ann@example.com', 'users') = email_hash('ann@example.com') AS same_in_a_context, length(email_hash('ann@example.com')) AS length,
       (email_hashes('ann@example.com'))[1] = email_hash('ann@example.com') AS current_first, email_hash(NULL);
SELECT email_hash('ann');

-- Nobody in particular may encrypt, decrypt or hash.
CREATE ROLE regress_nobody;
SET ROLE regress_nobody;
SELECT email_normalize('ann@example.com'), email_mask('ann@example.com');
SELECT email_hash('ann@example.com');
SELECT email_encrypt('ann@example.com');
SELECT email_decrypt('00:00');
RESET ROLE;
DROP ROLE regress_nobody;
