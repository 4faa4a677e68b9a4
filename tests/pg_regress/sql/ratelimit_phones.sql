-- Lists and blocks by phone number: they hold however the number is written, and go along when the keys change.
-- Server keys: K1, K2. Nothing is pinned to a key that only a session has.
\pset format unaligned
\pset null '<NULL>'
\set old_key 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
\set new_key correct-horse-battery-staple-0123456789abcdef
SET phone_crypt.encryption_key = :'old_key';
SELECT ratelimit_policy_set('phones', 5, '1 hour'), ratelimit_policy_set('durable_phones', 5, '1 hour', durable => true);

-- What the limiter says of a number, by its present hash.
CREATE FUNCTION t.verdict(phone text, policy text DEFAULT 'phones') RETURNS text LANGUAGE sql AS $$
    SELECT reason FROM ratelimit_check(policy, phone_ratelimit_key(phone))
$$;
-- Rows, by whether their keys are the present ones; the policies of blocks.
CREATE FUNCTION t.kept(phone text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(what || CASE WHEN key = phone_ratelimit_key(phone) THEN ' present' ELSE ' former' END
                               || CASE WHEN phone_key_id(phone_encrypted) = (SELECT key_id FROM phone_crypt.key_status WHERE 'primary' = ANY (roles))
                                       THEN '' ELSE ', encrypted under another key' END,
                               '; ' ORDER BY what), 'nothing')
      FROM (SELECT list, key, phone_encrypted FROM phone_crypt.ratelimit_lists
            UNION ALL
            SELECT 'block(' || policy || ')', key, phone_encrypted FROM phone_crypt.ratelimit_blocked_phones) AS rows (what, key, phone_encrypted)
     WHERE key = ANY (phone_crypt.ratelimit_phone_keys(phone))
$$;

-- Any spelling.
SELECT ratelimit_list_phone('deny', '0401 148 075', 'a note'), ratelimit_list_phone('allow', '+1 (650) 253-0000');
SELECT ratelimit_block_phone('0401 148 076', '1 day') > now() + interval '23 hours' AS plain,
       ratelimit_block_phone('+61401148076', '1 day', 'phones') > now() + interval '23 hours' AS policy,
       ratelimit_block_phone('0401148076', '1 day', 'durable_phones') > now() + interval '23 hours' AS durable;
SELECT t.verdict('+61401148075') AS denied, t.verdict('650-253-0000') AS allowed, t.verdict('+61401148076') AS blocked,
       t.verdict('+61401148076', 'durable_phones') AS durable, t.verdict('+61401148077') AS other,
       (SELECT reason FROM ratelimit_hit_phone('0401148076', 5, '1 hour')) AS plain;
SELECT list, phone_decrypt(phone_encrypted, 'phone_crypt.ratelimit_lists') AS number, note
  FROM phone_crypt.ratelimit_lists WHERE phone_encrypted IS NOT NULL ORDER BY 1;

-- From one list to the other; off it; blocks are lifted. All say whether there was anything.
SELECT ratelimit_list_phone('deny', '+16502530000');
SELECT t.verdict('+16502530000') AS denied, t.kept('+16502530000');
SELECT ratelimit_unlist_phone('(650) 253-0000'), ratelimit_unlist_phone('(650) 253-0000');
SELECT ratelimit_block_phone('+61401148078', '1 hour', 'phones') IS NOT NULL AS blocked, t.verdict('+61401148078');
SELECT ratelimit_unblock_phone('0401 148 078', 'phones'), ratelimit_unblock_phone('0401 148 078', 'phones'),
       t.verdict('+61401148078'), t.kept('+61401148078');

-- A new key becomes primary; hashes stay. Only the numbers are encrypted again.
SET phone_crypt.encryption_key = :'new_key';
SET phone_crypt.previous_keys = :'old_key';
SELECT key_id AS old_id FROM phone_crypt.key_status WHERE 'previous' = ANY (roles) \gset
SET phone_crypt.hash_key_id = :'old_id';
SELECT t.kept('+61401148075') AS listed, t.kept('+61401148076') AS blocked;
SELECT phone_crypt.rekey_phones() AS moved;
SELECT phone_crypt.rekey_phones() AS again, t.kept('+61401148075') AS listed, t.kept('+61401148076') AS blocked,
       t.verdict('+61401148075') AS still_denied, t.verdict('+61401148076') AS still_blocked;

-- Policies by phone number: any spelling, lists and blocks, a peek that counts nothing, a trial.
SELECT ratelimit_policy_set('watched_phones', 1, '1 hour', shadow => true);
CREATE FUNCTION t.by_phone(phone text) RETURNS TABLE (policy text, peek text, "check" text) LANGUAGE sql AS $$
    SELECT policy, peek.reason || ' ' || peek.remaining, answer.reason || ' ' || answer.remaining
      FROM unnest(ARRAY['phones', 'durable_phones', 'watched_phones']) AS policy,
           ratelimit_peek_policy_phone(policy, phone) AS peek,
           ratelimit_check_phone(policy, phone, peek.limit / peek.limit) AS answer
$$;
SELECT number, r.* FROM unnest(ARRAY['0401 148 075', '0401 148 076', '0401 148 090', '+61401148090']) AS number, t.by_phone(number) AS r;
SELECT policy, remaining FROM unnest(ARRAY['phones', 'durable_phones', 'watched_phones']) AS policy,
       ratelimit_peek_policy(policy, phone_ratelimit_key('+61401148090'));
SELECT remaining FROM ratelimit_check_phone('phones', '(650) 253-0001', regions => 'US');

-- Then the hash key changes too. ratelimit_hit_phone() knows the former hashes; lookups by the present one do from
-- rekey_phones() on. A block that was lifted by its key meanwhile does not come back, nor does an ended one.
SELECT ratelimit_block_phone('+61401148079', '1 day', 'phones') IS NOT NULL AS lifted_later,
       ratelimit_block_phone('+61401148080', '10 milliseconds', 'phones') IS NOT NULL AS ends_soon,
       ratelimit_block_phone('+61401148081', '1 day') IS NOT NULL AS moved_by_a_hit;
SELECT ratelimit_unblock(phone_ratelimit_key('+61401148079'), 'phones');
SELECT pg_sleep(0.02);
RESET phone_crypt.hash_key_id;
SELECT reason FROM ratelimit_hit_phone('+61401148075', 5, '1 hour');
SELECT reason FROM ratelimit_hit_phone('+61401148081', 5, '1 hour');
-- So does ratelimit_check_phone(), and moves what it meets. A peek moves nothing.
SELECT policy, reason, remaining FROM unnest(ARRAY['phones', 'durable_phones', 'watched_phones']) AS policy,
       ratelimit_peek_policy_phone(policy, '0401148090');
SELECT policy, remaining FROM unnest(ARRAY['phones', 'durable_phones', 'watched_phones']) AS policy,
       ratelimit_peek_policy(policy, phone_ratelimit_key('0401148090'));
SELECT number, r.* FROM unnest(ARRAY['0401 148 075', '0401 148 090']) AS number, t.by_phone(number) AS r;
SELECT policy, remaining FROM unnest(ARRAY['phones', 'durable_phones', 'watched_phones']) AS policy,
       ratelimit_peek_policy(policy, phone_ratelimit_key('0401148090'));
SELECT ratelimit_block_phone('+61401148091', '1 day', policy) IS NOT NULL AS blocked
  FROM unnest(ARRAY['phones', 'durable_phones', 'watched_phones']) AS policy;
SET phone_crypt.hash_key_id = :'old_id';
SELECT * FROM t.by_phone('0401 148 091');
RESET phone_crypt.hash_key_id;
SELECT * FROM t.by_phone('0401 148 091');
SELECT ratelimit_unblock_phone('+61401148091', policy)
  FROM unnest(ARRAY['phones', 'durable_phones', 'watched_phones']) AS policy;
SELECT ratelimit_policy_drop('watched_phones');
DROP FUNCTION t.by_phone(text);
SELECT t.verdict('+61401148075') AS not_met, t.verdict('+61401148076') AS not_met_either;
SELECT phone_crypt.rekey_phones() AS moved;
SELECT phone_crypt.rekey_phones() AS again;
SELECT number, t.kept(number), t.verdict(number), t.verdict(number, 'durable_phones') AS durable,
       (SELECT reason FROM ratelimit_peek(phone_ratelimit_key(number), 5, '1 hour')) AS plain
  FROM unnest(ARRAY['+61401148075', '+61401148076', '+61401148079', '+61401148080', '+61401148081']) AS number;
SELECT blocked_until - now() BETWEEN interval '23 hours' AND interval '1 day' AS time_left
  FROM phone_crypt.ratelimit_blocked_phones ORDER BY key;

-- The old key can go.
RESET phone_crypt.previous_keys;
SELECT t.verdict('+61401148075') AS denied, t.verdict('+61401148076') AS blocked;
SELECT ratelimit_unlist_phone('+61401148075'), ratelimit_unblock_phone('+61401148076');

-- The scheme of hashes is as much of a change. Listed again under the present hash meanwhile: that counts.
SELECT ratelimit_list_phone('deny', '+61401148082'), ratelimit_list_phone('deny', '+61401148083');
SET phone_crypt.hash_scheme = 'raw';
SELECT ratelimit_list_key('allow', phone_ratelimit_key('+61401148083'));
SELECT t.verdict('+61401148083') AS listed_anew, phone_crypt.rekey_phones() AS moved;
SELECT t.verdict('+61401148082') AS denied, t.verdict('+61401148083') AS allowed, t.kept('+61401148083');
SELECT ratelimit_list_phone('deny', '+61401148083');
RESET phone_crypt.hash_scheme;
-- Whatever is said of a number replaces what stands under its former hashes.
SELECT ratelimit_list_phone('allow', '+61401148083');
SELECT t.kept('+61401148083'), t.verdict('+61401148083');
SELECT ratelimit_unlist_phone('+61401148082'), ratelimit_unlist_phone('+61401148083');
SELECT count(*) AS left_over FROM phone_crypt.ratelimit_lists WHERE phone_encrypted IS NOT NULL;

-- A key that is gone is named: nothing is silently lost.
SELECT ratelimit_list_phone('deny', '+61401148084');
SET phone_crypt.encryption_key = :'old_key';
SELECT regexp_replace(t.outcome('phone_crypt.rekey_phones()'), '[0-9a-f]{8}', '(key id)') AS names_the_key;
SET phone_crypt.encryption_key = :'new_key';
SELECT ratelimit_unlist_phone('+61401148084');

-- A policy's blocks go with it.
SELECT ratelimit_policy_drop('phones'), ratelimit_policy_drop('durable_phones');
SELECT count(*) FROM phone_crypt.ratelimit_blocked_phones WHERE policy <> '';

-- What is wrong.
SELECT call, t.outcome(call)
  FROM unnest(ARRAY['ratelimit_list_phone(''deny'', ''ask for Bob'')', 'ratelimit_list_phone(''grey'', ''0401148075'')',
                    'ratelimit_list_phone(NULL, ''0401148075'')', 'ratelimit_list_phone(''deny'', NULL)',
                    'ratelimit_unlist_phone(NULL)', 'ratelimit_unlist_phone(''1'')',
                    'ratelimit_block_phone(NULL, ''1 hour'')', 'ratelimit_block_phone(''0401148075'', NULL)',
                    'ratelimit_block_phone(''0401148075'', ''0'')', 'ratelimit_block_phone(''0401148075'', ''1 hour'', ''none'')',
                    'ratelimit_check_phone(''none'', ''0401148075'')', 'ratelimit_check_phone(NULL, ''0401148075'')',
                    'ratelimit_peek_policy_phone(''none'', ''0401148075'')',
                    'ratelimit_unblock_phone(NULL)', 'ratelimit_unblock_phone(''0401148075'', ''none'')']) AS call;
DELETE FROM phone_crypt.ratelimit_blocked_phones;
SELECT ratelimit_unblock_phone('+61401148081');
DROP FUNCTION t.verdict(text, text), t.kept(text);
