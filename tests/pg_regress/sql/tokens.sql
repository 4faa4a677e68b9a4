-- API tokens: what is made, what is verified, and why not. Ids and secrets are random: they are not shown.
\pset format unaligned
\pset null '<NULL>'
SELECT token_id, token FROM api_token_create('first', '{calls:*,sms:send}', owner => 'alice') \gset
CREATE FUNCTION t.verify(token text, required_scope text DEFAULT NULL, client inet DEFAULT NULL) RETURNS text LANGUAGE sql
    AS $$ SELECT concat_ws(' ', valid, name, owner, scopes::text, reason, retry_after IS NOT NULL)
            FROM public.api_token_verify(token, required_scope, client) $$;

-- The form is that of the format specification.
SELECT :'token' ~ '^pc_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$' AS form, split_part(:'token', '_', 2) = :'token_id' AS id,
       (SELECT secret_sha256 = sha256(convert_to(left(split_part(:'token', '_', 3), 43), 'UTF8'))
          FROM phone_crypt.api_tokens) AS hash;
SELECT valid, token_id = :'token_id' AS id, name, owner, scopes,
       expires_at - clock_timestamp() BETWEEN '89 days 23:00' AND '90 days' AS expires, reason, retry_after
  FROM api_token_verify(:'token');

-- Scopes.
SELECT left(scope, 20) AS scope, (api_token_verify(:'token', scope)).reason
  FROM unnest(ARRAY[NULL, '', 'calls', 'calls:', 'calls:read', 'calls:*', 'calls:read:own', '*', 'sms:send', 'sms:*', 'sms',
                    'SMS:SEND', 'calls:read ', 'calls:réad', repeat('x', 1000)]) AS scope;

-- What is no token is malformed; what is one that does not exist is unknown, and so is a wrong secret.
SELECT left(token, 30) AS token, verified.valid, verified.token_id, verified.name, verified.reason
  FROM (VALUES (NULL), (''), (' '), ('pc_'), ('pc__'), ('ü'), (E'a\nb'), (repeat('_', 100000)), (repeat('x', 1000000)),
               ('pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe'),
               ('pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMf'),
               (' pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe')) AS shown (token),
       LATERAL api_token_verify(token) AS verified;
INSERT INTO phone_crypt.api_tokens (token_id, secret_sha256, name, limit_id, prefix)
    VALUES ('000000000001', '\x0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a', 'published', '000000000001', 'pc');
SELECT t.verify('pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe') AS published;
UPDATE phone_crypt.api_tokens SET secret_sha256 = sha256('another') WHERE token_id = '000000000001';
SELECT t.verify('pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe') AS wrong_secret;
DELETE FROM phone_crypt.api_tokens WHERE token_id = '000000000001';

-- Networks: without an address nobody knows where the client is.
SELECT token AS bound FROM api_token_create('bound', allowed => '{192.0.2.0/24,2001:db8::/32}') \gset
SELECT client, (api_token_verify(:'bound', client => client)).reason
  FROM unnest(ARRAY[NULL, '192.0.2.1', '192.0.2.255/8', '192.0.3.1', '::ffff:192.0.2.1', '2001:db8:1::1', '2001:db9::1']::inet[])
       AS client;
SELECT token AS anywhere FROM api_token_create('anywhere', allowed => '{}') \gset
SELECT (api_token_verify(:'anywhere')).reason;

-- Time.
SELECT token AS short FROM api_token_create('short', expires_in => '1 microsecond') \gset
SELECT t.verify(:'short') AS short;
SELECT token AS endless FROM api_token_create('endless', expires_in => NULL) \gset
SELECT valid, expires_at FROM api_token_verify(:'endless');

-- Another prefix.
SELECT token AS other, left(token, 6) AS begins FROM api_token_create('other prefix', prefix => 'acme1') \gset
\echo :begins
SELECT (api_token_verify(:'other')).reason;

-- Replacing: both are valid for the grace period, and the new one has what the old one had.
SELECT token_id AS new_id, token AS new FROM api_token_rotate(:'token_id') \gset
SELECT t.verify(:'token', 'calls:read') AS old, t.verify(:'new', 'calls:read') AS new;
SELECT name, expires_at - clock_timestamp() BETWEEN '23:00' AND '24:00' AS for_a_day, replaced_by = :'new_id' AS replaced
  FROM phone_crypt.tokens WHERE token_id = :'token_id';
SELECT t.outcome('api_token_rotate($1)', :'token_id') AS again, t.outcome('api_token_rotate($1)', '000000000000') AS no_such,
       t.outcome('api_token_rotate($1, ''-1 s'')', :'new_id') AS negative, t.outcome('api_token_rotate($1)', NULL) AS null_id,
       t.outcome('api_token_rotate($1, NULL)', :'new_id') AS null_grace;
SELECT token_id AS newest_id, token AS newest FROM api_token_rotate(:'new_id', '0 s') \gset
SELECT t.verify(:'new') AS at_once, t.verify(:'newest') AS newest;

-- Revoking.
SELECT api_token_revoke(:'newest_id', 'leaked'), t.verify(:'newest') AS revoked;
SELECT api_token_revoke(:'newest_id'), api_token_revoke('nowhere'), t.outcome('api_token_revoke(NULL)');
SELECT revoke_reason, revoked_at IS NOT NULL AS revoked FROM phone_crypt.tokens WHERE token_id = :'newest_id';
SELECT t.outcome('api_token_rotate($1)', :'newest_id') AS rotate_revoked;
SELECT token AS one FROM api_token_create('one', owner => 'bob') \gset
SELECT token AS two FROM api_token_create('two', owner => 'bob') \gset
SELECT api_token_revoke_all('bob'), t.verify(:'one') AS one, t.verify(:'two') AS two;
SELECT api_token_revoke_all('bob'), api_token_revoke_all('nobody'), t.outcome('api_token_revoke_all(NULL)');

-- Those that expire, with uses that are written down.
SELECT phone_crypt.flush_token_use() \gset
SELECT name, owner, last_used_at IS NOT NULL AS used FROM api_token_expiring('100 days');
SELECT count(*) FROM api_token_expiring('1 day');
SELECT t.outcome('(SELECT count(*) FROM api_token_expiring(NULL))') AS null_within;

-- What no token can be made of.
SELECT call, t.outcome('(SELECT name FROM (SELECT api_token_create(' || call || ') AS name) AS made)') AS outcome
  FROM unnest(ARRAY[
    'NULL', '''''', '''x'', scopes => NULL', '''x'', scopes => ARRAY[NULL]', '''x'', scopes => ''{"a b"}''',
    '''x'', scopes => ''{""}''', '''x'', scopes => ''{c*}''', '''x'', scopes => array_fill(''a''::text, ARRAY[101])',
    '''x'', expires_in => ''0''', '''x'', expires_in => ''-1 day''', '''x'', policy => ''none''', '''x'', metadata => NULL',
    '''x'', allowed => ARRAY[NULL]::cidr[]', '''x'', allowed => array_fill(''192.0.2.1''::cidr, ARRAY[101])',
    '''x'', prefix => NULL', '''x'', prefix => ''a''', '''x'', prefix => ''A_B''']) AS call;

-- Tokens of a legacy application.
SELECT t.verify('a legacy token') AS before;
SELECT length(api_token_import('by text', plain => 'a legacy token', scopes => '{old}')) AS by_text,
       length(api_token_import('by hash', sha256 => sha256('another one'), owner => 'carol')) AS by_hash;
SELECT t.verify('a legacy token') AS by_text, t.verify('another one') AS by_hash, t.verify('a legacy token ') AS neither,
       t.verify('pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe') AS unknown;
SELECT call, t.outcome('api_token_import(' || call || ')') AS outcome
  FROM unnest(ARRAY['''x''', 'NULL, plain => ''y''', '''x'', plain => ''''', '''x'', plain => ''a legacy token''',
                    '''x'', sha256 => ''\x00''', '''x'', sha256 => sha256(''a''), plain => ''a''']) AS call;
SELECT t.verify(token) AS rotated FROM api_token_rotate((SELECT token_id FROM phone_crypt.tokens WHERE name = 'by text'));
SELECT api_token_revoke(token_id), t.verify('another one') AS by_hash FROM phone_crypt.tokens WHERE name = 'by hash';

-- A policy of its own: no key of a caller reaches its state, and replacing a token does not renew its quota.
SELECT ratelimit_policy_set('two', 2, '1 hour', penalties => '{1 hour}');
SELECT token_id AS limited_id, token AS limited FROM api_token_create('limited', policy => 'two') \gset
SELECT t.verify(:'limited') FROM generate_series(1, 4);
SELECT allowed FROM ratelimit_check('two', :'limited_id');
SELECT ratelimit_reset(:'limited_id', 'two');
SELECT t.verify(token) AS rotated FROM api_token_rotate(:'limited_id');
SELECT (api_token_verify(:'limited', 'none')).reason AS scope_comes_first;
SELECT key = :'limited_id' AS key, policy, "limit", used FROM phone_crypt.ratelimit_status WHERE policy = 'two' ORDER BY used;
SELECT t.outcome('ratelimit_policy_drop(''two'')') AS drop_while_used;

-- Guessing is answered with less and less, by address. A valid token passes.
SELECT (api_token_verify('pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe', client => '198.51.100.1')).reason,
       count(*)
  FROM generate_series(1, 13) GROUP BY 1 ORDER BY 1;
SELECT reason, retry_after BETWEEN '50 s' AND '60 s' AS a_minute FROM api_token_verify('x', client => '198.51.100.1');
SELECT (api_token_verify(:'endless', client => '198.51.100.1')).reason AS valid;
SELECT (api_token_verify('x', client => '198.51.100.1')).reason AS still_blocked,
       (api_token_verify('x', client => '198.51.100.2')).reason AS neighbour, (api_token_verify('x')).reason AS without_address;
SELECT key, policy, violations FROM phone_crypt.ratelimit_status WHERE policy = 'api_token_failures' ORDER BY key;
SELECT api_token_unlock('198.51.100.1'), api_token_unlock('198.51.100.1'), t.outcome('api_token_unlock(NULL)');
SELECT (api_token_verify('x', client => '198.51.100.1')).reason AS unlocked;
SELECT (api_token_verify('x', client => ('2001:db8::' || n)::inet)).reason, count(*)
  FROM generate_series(1, 13) AS n GROUP BY 1 ORDER BY 1;
-- A policy of that name takes the place of the built-in limit.
SELECT ratelimit_policy_set('api_token_failures', 1, '1 hour');
SELECT (api_token_verify('x', client => '198.51.100.9')).reason FROM generate_series(1, 2);
SELECT ratelimit_policy_drop('api_token_failures');
-- The lists count, too.
SELECT ratelimit_list_network('deny', '203.0.113.0/24'), ratelimit_list_network('allow', '198.51.100.77');
SELECT (api_token_verify(:'endless', client => '203.0.113.5')).reason AS denied,
       (api_token_verify('x', client => '203.0.113.5')).reason AS denied_too;
SELECT (api_token_verify('x', client => '198.51.100.77')).reason, count(*) FROM generate_series(1, 13) GROUP BY 1;
SELECT ratelimit_unlist_network('203.0.113.0/24'), ratelimit_unlist_network('198.51.100.77');

-- Uses, before and after they are written down; what is rolled back is counted again. (The worker may write them first: so how
-- many are written is not shown.)
SELECT count(*) > 0 AS flushed FROM phone_crypt.flush_token_use();
SELECT token_id AS counted_id, token AS counted FROM api_token_create('counted') \gset
SELECT (api_token_verify(:'counted', client => '192.0.2.1')).reason FROM generate_series(1, 3);
SELECT (api_token_verify(:'counted', 'none')).reason;
SELECT uses, last_used_at IS NOT NULL AS used, last_address FROM phone_crypt.tokens WHERE token_id = :'counted_id';
BEGIN;
SELECT phone_crypt.flush_token_use() \gset
SELECT uses FROM phone_crypt.api_token_use WHERE token_id = :'counted_id';
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT phone_crypt.flush_token_use() \gset
ROLLBACK TO s;
COMMIT;
SELECT uses FROM phone_crypt.tokens WHERE token_id = :'counted_id';
SELECT phone_crypt.flush_token_use() \gset
SELECT phone_crypt.lost_token_uses();
SELECT (api_token_verify(:'counted')).reason;
SELECT uses, last_address FROM phone_crypt.tokens WHERE token_id = :'counted_id';
SELECT phone_crypt.flush_token_use() \gset
SELECT uses, last_address FROM phone_crypt.tokens WHERE token_id = :'counted_id';

-- Nothing of the view is secret, and the tables are the owner's.
SELECT attname FROM pg_attribute WHERE attrelid = 'phone_crypt.tokens'::regclass AND attnum > 0 ORDER BY attnum;
CREATE ROLE regress_gateway;
SELECT phone_crypt_grant('regress_gateway', 'gateway');
SET ROLE regress_gateway;
SELECT (api_token_verify(:'counted')).reason, t.outcome('api_token_create(''x'')') AS creates,
       t.outcome('(SELECT count(*) FROM phone_crypt.tokens)') AS reads,
       t.outcome('(SELECT count(*) FROM phone_crypt.api_tokens)') AS reads_table,
       t.outcome('(SELECT count(*) FROM phone_crypt.take_token_uses())') AS takes;
RESET ROLE;
SELECT phone_crypt_revoke('regress_gateway', 'gateway');
DROP ROLE regress_gateway;

-- A verification writes nothing: it works in a transaction that may not write, and sees what was committed after its snapshot.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT (api_token_verify(:'counted')).reason, (api_token_verify('x', client => '198.51.100.3')).reason;
COMMIT;
DELETE FROM phone_crypt.api_tokens;
SELECT ratelimit_policy_drop('two'), (SELECT count(*) FROM phone_crypt.api_legacy_tokens) AS legacy,
       (SELECT count(*) FROM phone_crypt.api_token_use) AS uses;
DROP FUNCTION t.verify(text, text, inet);
