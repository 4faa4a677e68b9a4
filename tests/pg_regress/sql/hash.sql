-- phone_hash, phone_hashes, phone_ratelimit_key. The server's key is K1 of the published vectors; sessions add K2.
\pset format unaligned
\pset null '<NULL>'
\set k1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
\set k2 correct-horse-battery-staple-0123456789abcdef

-- Published vectors, made with other software.
SELECT phone_hash('+61401148075') = '5ba54c2fcde7fb8fd93694a06518b42f1b9d80fc48e3c0c72b38cd847e4b6ee2' AS plain,
       phone_hash('+61401148075', 'users.phone') = '3150267d9d1f2576dd6c7714be8af7d324e898c47eca081ecb4b097789ff2e65' AS with_context,
       phone_hash('+14011480751') = 'd672b2d04e18fe5f70051ae5a96517067e2633b7db210d31961af7f1cf640285' AS another,
       phone_ratelimit_key('+61401148075') = 'phone_hash:5ba54c2fcde7fb8fd93694a06518b42f1b9d80fc48e3c0c72b38cd847e4b6ee2' AS ratelimit_key;

-- One number, many spellings, one hash; the empty context is none.
SELECT count(DISTINCT phone_hash(input)) AS hashes, count(DISTINCT phone_ratelimit_key(input)) AS ratelimit_keys,
       min(length(phone_hash(input))) AS length
  FROM (VALUES ('0401148075'), ('0401 148 075'), ('+61 401 148 075'), ('61401148075'), ('＋６１４０１１４８０７５'),
               ('tel:+61-401-148-075')) AS example (input);
SELECT phone_hash('0401148075', '') = phone_hash('0401148075') AS empty_context,
       phone_hash('0401148075', 'a') <> phone_hash('0401148075', 'b') AS contexts_differ;

-- The published values by name, so that a line says what it holds.
CREATE TEMP TABLE known (hash text PRIMARY KEY, name text);
INSERT INTO known VALUES
    ('5ba54c2fcde7fb8fd93694a06518b42f1b9d80fc48e3c0c72b38cd847e4b6ee2', 'K1 derived'),
    ('3150267d9d1f2576dd6c7714be8af7d324e898c47eca081ecb4b097789ff2e65', 'K1 derived in users.phone'),
    ('b889e17ca29a1b43c25c7ca68ab7713bc0fc20e12c7826386875dd3ace3ed1f2', 'K1 raw'),
    ('dc5773b689f02c6ccabdc70fa45c0d788fd4cc5bdadf0f04f2f6c31195d787bf', 'K2 derived'),
    ('1de1d8c346cdc719c723be3ca781c50a4dd84894d08cb3fa7f1345ba9426ff36', 'K2 raw');
CREATE FUNCTION pg_temp.names(hashes text[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(coalesce(name, 'unknown'), ', ' ORDER BY position)
      FROM unnest(hashes) WITH ORDINALITY AS given (hash, position) LEFT JOIN known USING (hash)
$$;

-- Schemes: the first is what phone_hash writes; phone_hashes gives all of them, the current one first.
SET phone_crypt.hash_scheme = 'raw';
SELECT pg_temp.names(ARRAY[phone_hash('0401148075')]) AS hash, pg_temp.names(phone_hashes('0401148075')) AS hashes;
SET phone_crypt.hash_scheme = 'derived,raw';
SELECT pg_temp.names(ARRAY[phone_hash('0401148075')]) AS hash, pg_temp.names(phone_hashes('0401148075')) AS hashes;
SET phone_crypt.hash_scheme = 'raw,derived';
SELECT pg_temp.names(ARRAY[phone_hash('0401148075')]) AS hash, pg_temp.names(phone_hashes('0401148075')) AS hashes,
       phone_ratelimit_key('0401148075') = 'phone_hash:' || phone_hash('0401148075') AS ratelimit_key_follows;

-- A raw hash has no context, so asking for one with a context is an error. Beside a derived one it is left without.
SELECT t.outcome($$phone_hash('0401148075', 'users.phone')$$) AS hash,
       t.outcome($$phone_hashes('0401148075', 'users.phone')$$) AS hashes;
SET phone_crypt.hash_scheme = 'derived,raw';
SELECT pg_temp.names(ARRAY[phone_hash('0401148075', 'users.phone')]) AS hash,
       pg_temp.names(phone_hashes('0401148075', 'users.phone')) AS hashes;
RESET phone_crypt.hash_scheme;

-- Keys: every configured key, that of phone_hash first, no repeats.
SELECT set_config('phone_crypt.encryption_key', :'k1', false), set_config('phone_crypt.previous_keys', :'k2', false);
SELECT pg_temp.names(ARRAY[phone_hash('0401148075')]) AS hash, pg_temp.names(phone_hashes('0401148075')) AS hashes;
SET phone_crypt.hash_key_id = '3a4e3936';
SELECT pg_temp.names(ARRAY[phone_hash('0401148075')]) AS hash, pg_temp.names(phone_hashes('0401148075')) AS hashes;
SET phone_crypt.hash_scheme = 'raw,derived';
SELECT pg_temp.names(ARRAY[phone_hash('0401148075')]) AS hash, pg_temp.names(phone_hashes('0401148075')) AS hashes;
RESET phone_crypt.hash_scheme;

-- The hash key stays when the encryption key is rotated.
SELECT set_config('phone_crypt.encryption_key', :'k2', false), set_config('phone_crypt.previous_keys', :'k1', false);
SET phone_crypt.hash_key_id = 'a915ee2b';
SELECT pg_temp.names(ARRAY[phone_hash('0401148075')]) AS hash, phone_key_id(phone_encrypt('0401148075')) AS encrypted_under;
RESET phone_crypt.hash_key_id;

-- A hex key is one key in either case, but its raw hash is over the string as written.
SELECT set_config('phone_crypt.encryption_key', upper(:'k1'), false), set_config('phone_crypt.previous_keys', '', false);
SELECT pg_temp.names(ARRAY[phone_hash('0401148075')]) AS derived;
SET phone_crypt.hash_scheme = 'raw';
-- HMAC-SHA256 keyed with the capital letters, computed with Python's hmac module.
SELECT phone_hash('0401148075') = 'd44e85e4ef5a318e215ad405e2cf8692d96503ca4194c051b186a78aeb6cf9a8' AS raw;
RESET ALL;

-- NULL phone: NULL. NULL context: an error. Garbage: an error that does not echo it.
SELECT phone_hash(NULL), phone_hashes(NULL), phone_ratelimit_key(NULL), phone_hash(NULL, 'c'), phone_hashes(NULL, 'c');
SELECT expression, t.outcome(expression)
  FROM (VALUES ($$phone_hash('0401148075', NULL)$$), ('phone_hash(NULL, NULL)'), ($$phone_hashes('0401148075', NULL)$$),
               ('phone_hashes(NULL, NULL)'), ($$phone_hash('hello')$$), ($$phone_hashes('hello')$$),
               ($$phone_ratelimit_key('hello')$$), ($$phone_hash('')$$)) AS example (expression);

-- Several numbers at once, by index; also those that a number was before.
SELECT phone_hashes_of(ARRAY['0401 148 075', '+61401148075', NULL, '650 253 0000'])
       = ARRAY[phone_hash('0401148075'), phone_hash('6502530000')] AS without_repeats,
       phone_hashes_of('{}'), phone_hashes_of(NULL), phone_hashes_of(ARRAY[NULL]::text[]),
       phone_hashes_of(ARRAY['020 7031 3000'], 'c', 'GB') = ARRAY[phone_hash('+442070313000', 'c')] AS regions;
SELECT t.outcome($$phone_hashes_of(ARRAY['0401148075', 'ask for Bob'])$$) AS no_number, t.outcome($$phone_hashes_of('{}', 'GB')$$) AS context,
       t.outcome($$phone_hashes_of('{}', NULL)$$) AS no_context, t.outcome($$phone_hashes_of('{}', '', NULL)$$) AS no_regions,
       t.outcome($$phone_hashes_of('{}', '', 'XX')$$) AS unknown_region;
CREATE TABLE mexican (phone_hash text);
CREATE INDEX ON mexican (phone_hash);
INSERT INTO mexican VALUES (phone_hash('+52 55 1234 5678'));
SET enable_seqscan = off;
EXPLAIN (COSTS off) SELECT FROM mexican WHERE phone_hash = ANY (phone_hashes_of(phone_equivalents('+52 1 55 1234 5678')));
SELECT count(*) AS found FROM mexican WHERE phone_hash = ANY (phone_hashes_of(phone_equivalents('+52 1 55 1234 5678')));
RESET enable_seqscan;
DROP TABLE mexican;
-- A form of eight digits is no number of the Ivory Coast any more, yet its hash may be stored.
SELECT phone_equivalents('+225 01 02 34 56 78'), cardinality(phone_hashes_of(phone_equivalents('+225 01 02 34 56 78'))) AS hashes,
       phone_equivalents('+225 02 34 56 78'), t.outcome($$phone_hash('+225 02 34 56 78')$$) AS hash;
