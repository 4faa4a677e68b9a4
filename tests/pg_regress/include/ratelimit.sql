-- What both engines answer; ratelimit_memory.sql and ratelimit_table.sql run it. Windows are long, so that only
-- what does not depend on the time of day is shown.
SELECT engine FROM phone_crypt.ratelimit_stats;

-- Each algorithm: the quota, then denials (the cost names n, so that the call is made for each row); what is left, why, and whether it ever comes back.
SELECT algorithm, n, r.allowed, r."limit", r.remaining, r.reset_after > '0' AS resets,
       r.retry_after > '0' AS comes_back, r.reason
  FROM unnest(ARRAY['fixed_window', 'sliding_window', 'token_bucket']) AS algorithm,
       generate_series(1, 4) AS n,
       ratelimit_hit('each:' || algorithm, 3, '10 years', 1 + 0 * n, algorithm) AS r
 ORDER BY algorithm, n;

-- Costs, and a cost above the capacity: an answer without a time, not an error.
SELECT allowed, remaining, retry_after IS NULL AS never FROM ratelimit_hit('cost', 5, '1 year', 3);
SELECT allowed, remaining, retry_after IS NULL AS never FROM ratelimit_hit('cost', 5, '1 year', 3);
SELECT allowed, remaining, retry_after IS NULL AS never FROM ratelimit_hit('cost', 5, '1 year', 2);
SELECT allowed, remaining, retry_after IS NULL AS never FROM ratelimit_hit('cost', 5, '1 year', 6);
SELECT allowed, remaining, retry_after IS NULL AS never
  FROM ratelimit_hit('cost:bucket', 5, '1 year', 6, 'token_bucket', 7);

-- Limit 0 denies everything, for good.
SELECT allowed, remaining, retry_after IS NULL AS never, reason FROM ratelimit_hit('zero', 0, '1 minute');

-- A peek consumes nothing; ratelimit_allow is the same decision.
SELECT remaining FROM ratelimit_peek('peek', 2, '1 year');
SELECT remaining FROM ratelimit_peek('peek', 2, '1 year');
SELECT ratelimit_allow('peek', 2, '1 year'), ratelimit_allow('peek', 2, '1 year'), ratelimit_allow('peek', 2, '1 year');
SELECT allowed, remaining, reason FROM ratelimit_peek('peek', 2, '1 year');

-- Whole seconds beside the intervals, rounded up; NULL where those are. Also what is over the limit, can never pass, is
-- blocked, denied by a list, or only watched.
SELECT span, reset_after_seconds, retry_after_seconds, pg_typeof(reset_after_seconds), pg_typeof(retry_after_seconds)
  FROM unnest(ARRAY['1 millisecond', '1 second', '1000.001 milliseconds', '1500 milliseconds', '10 years']) AS span,
       ratelimit_hit('seconds:' || span, 1, span::interval);
SELECT ratelimit_policy_set('seconds', 2, '100 days', penalties => '{10.5 days}'),
       ratelimit_policy_set('watched_seconds', 1, '100 days', shadow => true),
       ratelimit_list_key('deny', 'seconds:denied');
CREATE FUNCTION t.seconds(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer record;
BEGIN
    EXECUTE 'SELECT * FROM ' || call INTO answer;
    RETURN format('%s, retry in %s days, %s', answer.reason, round(answer.retry_after_seconds / 86400.0, 2),
                  answer.reset_after_seconds = ceil(extract(epoch FROM answer.reset_after))
                  AND answer.retry_after_seconds IS NOT DISTINCT FROM ceil(extract(epoch FROM answer.retry_after)));
END;
$$;
SELECT call, t.seconds(call)
  FROM unnest(ARRAY['ratelimit_hit(''seconds'', 1, ''100 days'')', 'ratelimit_hit(''seconds'', 1, ''100 days'')',
                    'ratelimit_hit(''seconds'', 1, ''100 days'', 2)', 'ratelimit_peek(''seconds'', 1, ''100 days'')',
                    'ratelimit_hit_phone(''+61401148099'', 1, ''100 days'')',
                    'ratelimit_hit_phone(''+61401148099'', 1, ''100 days'')',
                    'ratelimit_check(''seconds'', ''k'', 2)', 'ratelimit_check_all(''{seconds}'', ''{k}'')',
                    'ratelimit_check(''seconds'', ''k'')', 'ratelimit_check(''seconds'', ''seconds:denied'')',
                    'ratelimit_check(''watched_seconds'', ''k'')', 'ratelimit_check(''watched_seconds'', ''k'')']) AS call;
SELECT ratelimit_policy_drop('seconds'), ratelimit_policy_drop('watched_seconds'), ratelimit_unlist_key('seconds:denied');
DROP FUNCTION t.seconds(text);

-- Named notation needs quotes.
SELECT allowed, remaining FROM ratelimit_hit(key => 'named', "limit" => 2, "window" => '1 year', cost => 2);

-- The limit may change from call to call: what was used stays used, in each algorithm.
SELECT algorithm, a.remaining AS of_1000, b.allowed AS of_10, b.remaining, b.retry_after > '1 day' AS waits,
       c.remaining AS of_600, d.remaining AS of_2000
  FROM unnest(ARRAY['fixed_window', 'sliding_window', 'token_bucket']) AS algorithm,
       ratelimit_hit('less:' || algorithm, 1000, '10 years', 500, algorithm) AS a,
       ratelimit_hit('less:' || algorithm, 10 + 0 * a.remaining, '10 years', 1, algorithm) AS b,
       ratelimit_hit('less:' || algorithm, 600 + 0 * b.remaining, '10 years', 1, algorithm) AS c,
       ratelimit_hit('less:' || algorithm, 2000 + 0 * c.remaining, '10 years', 1, algorithm) AS d;
DO $$
DECLARE
    algorithm text;
    answer record;
BEGIN
    FOREACH algorithm IN ARRAY ARRAY['fixed_window', 'sliding_window', 'token_bucket'] LOOP
        PERFORM ratelimit_policy_set('shrinks', 1000, '10 years', algorithm);
        PERFORM FROM ratelimit_check('shrinks', algorithm, 500);
        PERFORM ratelimit_policy_set('shrinks', 10, '10 years', algorithm);
        SELECT * INTO answer FROM ratelimit_check('shrinks', algorithm);
        RAISE NOTICE '% of 10: %, % left', algorithm, answer.allowed, answer.remaining;
        PERFORM ratelimit_policy_set('shrinks', 1000, '10 years', algorithm);
        SELECT * INTO answer FROM ratelimit_check('shrinks', algorithm);
        RAISE NOTICE '% of 1000: %, % left', algorithm, answer.allowed, answer.remaining;
    END LOOP;
END;
$$;
SELECT ratelimit_policy_drop('shrinks');

-- Another window or algorithm carries over what is used.
SELECT remaining FROM ratelimit_hit('change', 10, '1 year', 4);
SELECT remaining FROM ratelimit_hit('change', 6, '1 year');
SELECT remaining FROM ratelimit_hit('change', 6, '2 years');
SELECT remaining >= 0 AND remaining < 1 AS carried FROM ratelimit_hit('change', 6, '10 years', 1, 'sliding_window');
SELECT allowed, remaining FROM ratelimit_hit('change', 6, '10 years', 1, 'token_bucket');

-- Refund floors at 0; reset forgets.
SELECT ratelimit_refund('peek'), ratelimit_refund('nobody');
SELECT remaining FROM ratelimit_peek('peek', 2, '1 year');
SELECT ratelimit_refund('peek', 100);
SELECT remaining FROM ratelimit_peek('peek', 2, '1 year');
SELECT ratelimit_refund('each:' || algorithm, 2) FROM unnest(ARRAY['sliding_window', 'token_bucket']) AS algorithm;
SELECT algorithm, r.remaining FROM unnest(ARRAY['sliding_window', 'token_bucket']) AS algorithm,
       ratelimit_peek('each:' || algorithm, 3, '10 years', 1, algorithm) AS r;
-- A hit is given back by the time at which it was counted, if it still counts. What was not counted has none.
CREATE TEMP TABLE counted AS SELECT hit_at FROM ratelimit_hit('named', 10, '10 years', 4);
SELECT hit_at IS NULL AS denied FROM ratelimit_hit('named', 10, '10 years', 7);
SELECT hit_at IS NULL AS peeked FROM ratelimit_peek('named', 10, '10 years');
SELECT ratelimit_refund_hit('named', hit_at - interval '1 second', 4) AS before, ratelimit_refund_hit('named', NULL) AS none,
       ratelimit_refund_hit('named', 'infinity') AS later, ratelimit_refund_hit('named', hit_at, 3) AS counted FROM counted;
SELECT remaining FROM ratelimit_peek('named', 10, '10 years');
DROP TABLE counted;

-- Limits and costs are of every integer type, up to the largest.
SELECT "limit", remaining FROM ratelimit_hit('types', 10::smallint, '1 year', 2::smallint);
SELECT "limit", remaining FROM ratelimit_hit('types', 10, '1 year', 2);
SELECT "limit", remaining FROM ratelimit_hit('types', 10::bigint, '1 year', 2::bigint, burst => 3::smallint);
SELECT algorithm, cost, allowed, remaining FROM unnest(ARRAY['fixed_window', 'sliding_window']) AS algorithm,
       unnest(ARRAY[9223372036854775806, 2, 1, 1]) WITH ORDINALITY AS costs (cost, n),
       ratelimit_hit('large:' || algorithm, 9223372036854775807, '10 years', cost, algorithm) ORDER BY algorithm, n;
SELECT key, "limit", used FROM phone_crypt.ratelimit_status WHERE key LIKE 'large:%' ORDER BY key;
SELECT allowed, remaining FROM ratelimit_hit('bucket', 3000000000, '1 day', 2999999999, 'token_bucket');

SELECT ratelimit_reset('cost'), ratelimit_reset('cost');
SELECT remaining FROM ratelimit_peek('cost', 5, '1 year');

-- Blocks. A longer one stays; unblocking leaves the count.
SELECT ratelimit_block('block', '2 years') > now() + interval '700 days' AS until;
SELECT ratelimit_block('block', '1 day') > now() + interval '700 days' AS until;
SELECT allowed, remaining, reason, retry_after > '700 days' AS long FROM ratelimit_hit('block', 5, '1 minute');
SELECT allowed, reason FROM ratelimit_peek('block', 5, '1 minute');
SELECT ratelimit_unblock('block'), ratelimit_unblock('block');
SELECT allowed, remaining, reason FROM ratelimit_hit('block', 5, '1 year');

-- Policies, with a state of their own.
SELECT ratelimit_policy_set('login', 2, '1 year', penalties => '{1 year, 5 years}');
SELECT allowed, remaining, reason, retry_after > '300 days' AS long
  FROM generate_series(1, 4) AS n, ratelimit_check('login', 'k', 1 + 0 * n);
SELECT remaining FROM ratelimit_peek('k', 2, '1 year');
SELECT key, used, remaining, violations, blocked_until > now() AS blocked
  FROM phone_crypt.ratelimit_status WHERE key = 'policy:login:k';
SELECT ratelimit_unblock('k', 'login');
SELECT allowed, reason, retry_after > '1800 days' AS longer FROM ratelimit_check('login', 'k');
SELECT ratelimit_reset('k', 'login'), ratelimit_refund('k', 1, 'login');
SELECT allowed, remaining FROM ratelimit_check('login', 'k', 2);
SELECT ratelimit_refund('k', 1, 'login');
SELECT ratelimit_block('k', '1 hour', 'login') > now() AS blocked;
SELECT reason FROM ratelimit_check('login', 'k');

-- A key of a policy may have another limit. What it used stays used.
SELECT ratelimit_policy_set('plan', 2, '1 year', 'token_bucket');
SELECT "limit", remaining FROM ratelimit_check('plan', 'vip', 2);
SELECT ratelimit_policy_override('plan', 'vip', 5, note => 'paid');
SELECT "limit", remaining FROM ratelimit_check('plan', 'vip');
SELECT "limit", remaining FROM ratelimit_peek_policy('plan', 'vip');
SELECT "limit", remaining, policy FROM ratelimit_check_all('{plan}', '{vip}');
SELECT value FROM ratelimit_headers('plan', 'vip') WHERE header = 'X-RateLimit-Limit';
SELECT "limit", remaining FROM ratelimit_check('plan', 'other');
SELECT ratelimit_policy_override('plan', 'none', 0), ratelimit_policy_override('plan', 'short', 9, '10 years', 3, now() + interval '1 year');
SELECT allowed, "limit", retry_after FROM ratelimit_check('plan', 'none');
SELECT "limit", remaining FROM ratelimit_check('plan', 'short');
SELECT policy, key, "limit", "window", burst, until < 'infinity' AS ends, in_force, note FROM phone_crypt.ratelimit_overrides ORDER BY key;
SELECT t.outcome(call) AS outcome, call FROM unnest(ARRAY[
    $$ratelimit_policy_override('plan', 'x', -1)$$, $$ratelimit_policy_override('plan', 'x', NULL)$$,
    $$ratelimit_policy_override('plan', '', 1)$$, $$ratelimit_policy_override('unknown', 'x', 1)$$,
    $$ratelimit_policy_override(NULL, 'x', 1)$$, $$ratelimit_policy_override('plan', 'x', 1, burst => 100)$$,
    $$ratelimit_policy_override('plan', 'x', 1, until => now() - interval '1 s')$$,
    $$ratelimit_policy_set('plan', 2, '10 years', 'token_bucket', 100)$$, $$ratelimit_policy_override_drop(NULL, 'x')$$]) AS call;
BEGIN;
SELECT ratelimit_policy_override('plan', 'other', 100);
SELECT "limit" FROM ratelimit_peek_policy('plan', 'other');
ROLLBACK;
SELECT "limit" FROM ratelimit_peek_policy('plan', 'other');
SELECT ratelimit_policy_override_drop('plan', 'vip'), ratelimit_policy_override_drop('plan', 'vip');
SELECT allowed, "limit", remaining FROM ratelimit_peek_policy('plan', 'vip');
SELECT ratelimit_policy_drop('plan');
SELECT count(*) FROM phone_crypt.ratelimit_policy_overrides;

-- A policy that only watches lets through and says so; one that counts denied hits does.
SELECT ratelimit_policy_set('watch', 1, '1 year', shadow => true);
SELECT allowed, remaining, reason, retry_after FROM generate_series(1, 2) AS n, ratelimit_check('watch', 'k', 1 + 0 * n);
SELECT ratelimit_policy_set('count', 1, '1 year', count_denied => true);
SELECT allowed, remaining FROM generate_series(1, 3) AS n, ratelimit_check('count', 'k', 1 + 0 * n);
SELECT used FROM phone_crypt.ratelimit_status WHERE key = 'policy:count:k';
SELECT ratelimit_policy_set('bucket', 2, '1 year', 'token_bucket', 3);
SELECT allowed, remaining FROM generate_series(1, 4) AS n, ratelimit_check('bucket', 'k', 1 + 0 * n);

-- A peek at a policy is what a check would answer, and counts nothing: no hit, no violation, no answer.
SELECT ratelimit_policy_set('peeked', 2, '300 days', penalties => '{400 days}'),
       ratelimit_policy_set('peeked_durable', 2, '300 days', durable => true),
       ratelimit_policy_set('peeked_trial', 1, '300 days', penalties => '{400 days}', shadow => true),
       ratelimit_list_key('deny', 'unwanted'), ratelimit_list_key('allow', 'listed');
SELECT hits AS hits_before, denials AS denials_before FROM phone_crypt.ratelimit_stats \gset
SELECT policy, key, allowed, "limit", remaining, reason, retry_after
  FROM unnest(ARRAY['peeked', 'peeked_durable', 'peeked_trial']) AS policy,
       unnest(ARRAY['k', 'unwanted', 'listed']) AS key, ratelimit_peek_policy(policy, key);
SELECT policy, allowed, remaining, reason, retry_after
  FROM unnest(ARRAY['peeked', 'peeked_durable', 'peeked_trial']) AS policy, ratelimit_peek_policy(policy, 'k', 3);
SELECT hits - :hits_before AS hits, denials - :denials_before AS denials FROM phone_crypt.ratelimit_stats;
SELECT policy, remaining
  FROM unnest(ARRAY['peeked', 'peeked_durable', 'peeked_trial']) AS policy, ratelimit_check(policy, 'k', 1);
SELECT policy, allowed, remaining, reason
  FROM unnest(ARRAY['peeked', 'peeked_durable', 'peeked_trial']) AS policy, ratelimit_peek_policy(policy, 'k');
SELECT policy, remaining
  FROM unnest(ARRAY['peeked', 'peeked_durable']) AS policy, ratelimit_check(policy, 'k', 1);
SELECT policy, allowed, remaining, reason, retry_after > '299 days' AS waits, retry_after > '301 days' AS is_blocked
  FROM unnest(ARRAY['peeked', 'peeked_durable', 'peeked_trial']) AS policy, ratelimit_peek_policy(policy, 'k');
SELECT key, used, violations, blocked_until FROM phone_crypt.ratelimit_status WHERE policy LIKE 'peeked%' ORDER BY key;
SELECT reason FROM ratelimit_check('peeked', 'k');
SELECT allowed, remaining, reason, retry_after > '399 days' AS is_blocked FROM ratelimit_peek_policy('peeked', 'k');
SELECT policy, allowed, limited, blocked, denylisted, shadow FROM phone_crypt.ratelimit_policy_stats
 WHERE policy LIKE 'peeked%' ORDER BY policy;
SELECT ratelimit_policy_drop(name) FROM unnest(ARRAY['peeked', 'peeked_durable', 'peeked_trial']) AS name;
SELECT ratelimit_unlist_key('unwanted'), ratelimit_unlist_key('listed');

-- Several at once: all or nothing, and the answer is that of the one which decided.
SELECT ratelimit_policy_set('wide', 10, '1 year'), ratelimit_policy_set('narrow', 1, '1 year'),
       ratelimit_policy_set('kept', 5, '1 year', durable => true);
SELECT allowed, remaining, reason, policy FROM ratelimit_check_all('{wide,narrow,kept}', '{a,a,a}');
SELECT allowed, remaining, reason, policy FROM ratelimit_check_all('{wide,narrow,kept}', '{a,a,a}');
SELECT 'wide' AS policy, remaining FROM ratelimit_check('wide', 'a')
UNION ALL SELECT 'kept', remaining FROM ratelimit_check('kept', 'a');
SELECT allowed, policy FROM ratelimit_check_all('{wide,watch}', '{a,k}');
SELECT engine, used FROM phone_crypt.ratelimit_status WHERE key = 'policy:kept:a';
SELECT engine FROM phone_crypt.rate_limits WHERE id = 'policy:kept:a';

-- A replaced policy counts on; durable cannot be changed; a dropped one forgets.
SELECT ratelimit_policy_set('narrow', 3, '1 year');
SELECT allowed, remaining FROM ratelimit_check('narrow', 'a');
SELECT t.outcome($$ratelimit_policy_set('kept', 5, '1 year')$$);
SELECT ratelimit_policy_drop('kept'), ratelimit_policy_drop('kept');
SELECT t.outcome($$ratelimit_check('kept', 'a')$$);
SELECT count(*) FROM phone_crypt.ratelimit_status WHERE key = 'policy:kept:a';

-- Lists. A key beats a network; the longest prefix wins; a policy does not escape them.
SELECT ratelimit_list_network('deny', '10.0.0.0/8', 'all of it'), ratelimit_list_network('allow', '10.1.0.0/16'),
       ratelimit_list_network('deny', '2001:db8::/32'), ratelimit_list_key('deny', '10.1.2.3:login');
SELECT key, r.allowed, r.remaining, r.reason, r.retry_after
  FROM unnest(ARRAY['10.2.0.1', '10.1.0.1:login', '10.1.2.3:login', '[2001:db8::1]:login', '11.0.0.1',
                    '::ffff:10.2.0.1']) AS key,
       ratelimit_hit(key, 1, '1 year') AS r;
SELECT allowed, remaining, reason FROM ratelimit_hit('10.1.0.1:login', 1, '1 year');
SELECT reason FROM ratelimit_check('wide', '10.2.0.1');
SELECT allowed, reason FROM ratelimit_check('watch', '10.2.0.1');
SELECT allowed, reason, policy FROM ratelimit_check_all('{wide,narrow}', '{x,10.2.0.1}');
SELECT remaining FROM ratelimit_check('wide', 'x');
SELECT ratelimit_unlist_key('10.1.2.3:login'), ratelimit_unlist_key('10.1.2.3:login'),
       ratelimit_unlist_network('10.1.9.9/16'), ratelimit_unlist_network('10.1.0.0/16');
SELECT reason FROM ratelimit_peek('10.1.0.1:login', 1, '1 year');
SELECT list, key, network, note FROM phone_crypt.ratelimit_lists ORDER BY network;
DELETE FROM phone_crypt.ratelimit_lists;
SELECT reason FROM ratelimit_peek('10.1.0.1:login', 1, '1 year');

-- An address is one key however it is written, and so is a network of IPv6.
SELECT address, ratelimit_address_key(address)
  FROM unnest(ARRAY['203.0.113.7', '203.0.113.7/24', '::ffff:203.0.113.7', '::ffff:203.0.113.8', '::ffff:0:203.0.113.7',
                    '64:ff9b::203.0.113.7', '64:ff9b:1::203.0.113.7', '2002:cb00:7107:1::2', '2001:db8:1:2:3:4:5:6/48',
                    '::1', '0.0.0.0/0', '::/0']::inet[]) AS address;
SELECT v6_prefix, t.outcome(format('ratelimit_address_key(''2001:db8:1:2ff:3:4:5:6'', %s)', v6_prefix))
  FROM unnest(ARRAY['1', '48', '56', '64', '128', '0', '129', '-1', 'NULL']) AS v6_prefix;
SELECT t.outcome('ratelimit_address_key(NULL)');

-- Phones: one key however it is written, and nobody sees the number.
SELECT allowed, remaining FROM ratelimit_hit_phone('0401 148 075', 2, '1 year');
SELECT allowed, remaining FROM ratelimit_hit_phone('+61 401 148 075', 2, '1 year');
SELECT allowed, remaining, reason FROM ratelimit_hit_phone('+61401148075', 2, '1 year');
SELECT reason FROM ratelimit_peek(phone_ratelimit_key('+61401148075'), 2, '1 year');

-- Headers.
SELECT header, CASE WHEN header ~ 'Reset|Retry' THEN (value::bigint > 0)::text
                    ELSE regexp_replace(value, ';t=\d+', ';t=?') END AS value
  FROM ratelimit_headers('narrow', 'fresh');
SELECT header, CASE WHEN header ~ 'Reset|Retry' THEN (value::bigint > 0)::text
                    ELSE regexp_replace(value, ';t=\d+', ';t=?') END AS value
  FROM ratelimit_headers('login', 'k');
SELECT header, value FROM ratelimit_headers('a "name"', 'fresh', 10, '1500 milliseconds', 'token_bucket', 20)
 WHERE header !~ 'Reset';

-- What is advertised is what is given: a burst above the limit, one below it, keys that are listed, a trial.
SELECT burst, string_agg(format('%s %s', header, value), ', ' ORDER BY header) AS headers
  FROM unnest(ARRAY[1, 10, 20, 25]) AS burst, ratelimit_headers('b', 'fresh', 10, '1 minute', 'token_bucket', burst)
 WHERE header !~ 'Reset' GROUP BY burst ORDER BY burst;
SELECT remaining FROM ratelimit_hit('burst', 10, '10 years', 5, 'token_bucket', 10);
SELECT ratelimit_policy_set('trial', 2, '10 years', penalties => '{1 year}', shadow => true);
SELECT allowed, remaining, reason FROM generate_series(1, 4) AS n, ratelimit_check('trial', 'k', 1 + 0 * n);
SELECT header, value FROM ratelimit_headers('trial', 'k') WHERE header !~ 'Reset';
SELECT ratelimit_list_key('allow', 'listed'), ratelimit_list_key('deny', 'unwanted');
SELECT remaining FROM ratelimit_hit('listed', 10, '1 minute', 1, 'token_bucket', 20);
SELECT key, string_agg(format('%s %s', header, value), ', ' ORDER BY header) AS headers
  FROM unnest(ARRAY['listed', 'unwanted']) AS key, ratelimit_headers('b', key, 10, '1 minute', 'token_bucket', 20)
 WHERE header !~ 'Reset' GROUP BY key ORDER BY key;
SELECT ratelimit_unlist_key('listed'), ratelimit_unlist_key('unwanted'), ratelimit_policy_drop('trial');

-- Answers are counted by policy and reason, those of lists and trials too.
SELECT ratelimit_policy_set('counted', 2, '1 year', penalties => '{1 year}'),
       ratelimit_policy_set('watched', 1, '1 year', shadow => true), ratelimit_list_key('deny', 'unwanted');
SELECT hits AS hits_before, denials AS denials_before FROM phone_crypt.ratelimit_stats \gset
SELECT reason FROM generate_series(1, 5) AS n, ratelimit_check('counted', 'k', 1 + 0 * n);
SELECT reason FROM ratelimit_check('counted', 'unwanted');
SELECT reason FROM generate_series(1, 3) AS n, ratelimit_check('watched', 'k', 1 + 0 * n);
SELECT reason FROM ratelimit_check('watched', 'unwanted');
SELECT allowed, policy FROM ratelimit_check_all('{counted,watched}', '{k,k}');
SELECT allowed, policy FROM ratelimit_check_all('{counted,watched}', '{l,l}');
SELECT * FROM phone_crypt.ratelimit_policy_stats WHERE policy IN ('counted', 'watched') ORDER BY policy;
SELECT hits - :hits_before AS hits, denials - :denials_before AS denials FROM phone_crypt.ratelimit_stats;
SELECT allowed > 0 AS allowed, limited > 0 AS limited, blocked > 0 AS blocked, denylisted > 0 AS denylisted, shadow
  FROM phone_crypt.ratelimit_policy_stats WHERE policy IS NULL;
SELECT ratelimit_policy_set('watched', 1, '1 year');
SELECT * FROM phone_crypt.ratelimit_policy_stats WHERE policy = 'watched';
SELECT ratelimit_policy_drop('watched');
SELECT ratelimit_policy_set('watched', 1, '1 year');
SELECT * FROM phone_crypt.ratelimit_policy_stats WHERE policy = 'watched';
SELECT ratelimit_policy_drop('watched'), ratelimit_policy_drop('counted'), ratelimit_unlist_key('unwanted');

-- A legacy application's window joins what is live; one that is over does not.
SELECT ratelimit_merge('old', 3, (extract(epoch FROM now()) * 1000)::bigint, '1 year'),
       ratelimit_merge('old', 2, (extract(epoch FROM now()) * 1000)::bigint, '1 year'),
       ratelimit_merge('old', 9, 1000, '1 year'), ratelimit_merge('old', 0, 1000, '1 year');
SELECT remaining FROM ratelimit_hit('old', 10, '1 year');

-- Bad input counts nothing.
SELECT t.outcome(call) AS outcome, call FROM unnest(ARRAY[
    $$ratelimit_hit(NULL, 1, '1 hour')$$, $$ratelimit_hit('x', NULL, '1 hour')$$, $$ratelimit_hit('x', 1, NULL)$$,
    $$ratelimit_hit('x', 1, '1 hour', NULL)$$, $$ratelimit_hit('x', 1, '1 hour', 1, NULL)$$,
    $$ratelimit_hit('', 1, '1 hour')$$, $$ratelimit_hit(repeat('x', 513), 1, '1 hour')$$,
    $$ratelimit_hit('x', -1, '1 hour')$$, $$ratelimit_hit('x', 1, '1 hour', 0)$$,
    $$ratelimit_hit('x', 1, '0')$$, $$ratelimit_hit('x', 1, '-1 hour')$$, $$ratelimit_hit('x', 1, '11 years')$$,
    $$ratelimit_hit('x', 1, '999 microseconds')$$, $$ratelimit_hit('x', 1, '1 hour', 1, 'leaky')$$,
    $$ratelimit_hit('x', 1, '1 hour', 1, 'token_bucket', 0)$$,
    $$ratelimit_hit('x', 1, '9 years', 1, 'token_bucket', 2)$$,
    $$ratelimit_allow(NULL, 1, '1 hour')$$, $$ratelimit_peek(NULL, 1, '1 hour')$$,
    $$ratelimit_hit_phone(NULL, 1, '1 hour')$$, $$ratelimit_hit_phone('no number', 1, '1 hour')$$,
    $$ratelimit_check(NULL, 'x')$$, $$ratelimit_check('wide', NULL)$$, $$ratelimit_check('unknown', 'x')$$,
    $$ratelimit_check('wide', 'x', 0)$$,
    $$ratelimit_peek_policy(NULL, 'x')$$, $$ratelimit_peek_policy('wide', NULL)$$, $$ratelimit_peek_policy('unknown', 'x')$$,
    $$ratelimit_peek_policy('wide', '')$$, $$ratelimit_peek_policy('wide', 'x', 0)$$, $$ratelimit_peek_policy('wide', 'x', NULL)$$,
    $$ratelimit_check_all(NULL, '{x}')$$, $$ratelimit_check_all('{wide}', '{x,y}')$$, $$ratelimit_check_all('{}', '{}')$$,
    $$ratelimit_check_all('{wide,NULL}', '{x,y}')$$, $$ratelimit_check_all('{wide,wide}', '{x,x}')$$,
    $$ratelimit_policy_set('a b', 1, '1 hour')$$, $$ratelimit_policy_set('x', 1, '1 hour', penalties => '{0}')$$,
    $$ratelimit_policy_set('x', 1, '1 hour', penalties => '{1 hour,NULL}')$$, $$ratelimit_policy_set(NULL, 1, '1 hour')$$,
    $$ratelimit_policy_set('x', 1, '1 hour', shadow => NULL)$$, $$ratelimit_policy_drop(NULL)$$,
    $$ratelimit_reset(NULL)$$, $$ratelimit_refund('x', 0)$$, $$ratelimit_refund('x', NULL)$$,
    $$ratelimit_refund_hit(NULL, now())$$, $$ratelimit_refund_hit('x', now(), 0)$$, $$ratelimit_hit('x', 10000001, '1 s', 1, 'token_bucket')$$,
    $$ratelimit_block('x', '0')$$, $$ratelimit_block('x', '11 years')$$, $$ratelimit_block('x', NULL)$$,
    $$ratelimit_block('x', '1 hour', 'unknown')$$, $$ratelimit_unblock(NULL)$$,
    $$ratelimit_list_key('black', 'x')$$, $$ratelimit_list_key('deny', NULL)$$, $$ratelimit_list_key('deny', '')$$,
    $$ratelimit_list_network('deny', NULL)$$, $$ratelimit_cleanup(0)$$, $$ratelimit_cleanup(NULL)$$,
    $$ratelimit_merge(NULL, 1, 1, '1 hour')$$, $$ratelimit_merge('x', -1, 1, '1 hour')$$,
    $$ratelimit_headers('unknown', 'x')$$, $$ratelimit_headers(NULL, 'x')$$,
    $$ratelimit_headers(E'a\nb', 'x', 1, '1 hour')$$]) AS call;
SELECT count(*) FROM phone_crypt.ratelimit_status WHERE key IN ('x', 'policy:wide:x') AND used > 1;

-- Whole again, for the next file.
SELECT ratelimit_policy_drop(name) FROM unnest(ARRAY['login', 'watch', 'count', 'bucket', 'wide', 'narrow']) AS name;
SELECT bool_and(ratelimit_reset(key)) FROM phone_crypt.ratelimit_status;
SELECT ratelimit_flush();
SELECT ratelimit_cleanup() >= 0 AS cleaned;
SELECT count(*) FROM phone_crypt.rate_limits;
