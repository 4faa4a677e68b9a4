-- The sending guard: where to, to what, how often and for how much. Ids and times are not shown.
\pset format unaligned
\pset null NULL
CREATE FUNCTION t.check(phone text, policy text DEFAULT 'default', client inet DEFAULT NULL, account text DEFAULT NULL,
                        cost numeric DEFAULT NULL) RETURNS text LANGUAGE sql
    AS $$ SELECT concat_ws(' ', allowed, reason, region, type, (send_id IS NOT NULL)::text, warnings::text)
            FROM public.phone_send_check(phone, policy, client, NULL, account, cost) $$;

-- There is no policy until one is made; a policy sends nowhere until it says where to.
SELECT t.outcome('t.check($1)', '+61401148075');
SELECT phone_send_policy_set('default');
SELECT t.check('+61401148075');
SELECT regions, denied, refused_types, refuse_invalid, record_only FROM phone_crypt.send_policies;
SELECT per_number, per_client, per_account, per_block_1000, per_block_10000, per_region FROM phone_crypt.send_policies;
SELECT budget_hour, budget_day, budget_region_day, currency, warn_at, time_zone FROM phone_crypt.send_policies;

-- Where to.
SELECT phone_send_policy_set('default', regions => '{AU,+64,US}', denied => '{+6140114}');
SELECT p, t.check(p) FROM (VALUES ('+61401148075'), ('+61401200001'), ('0401 200 002'), ('+6421345678'), ('+14155550123'),
    ('+447400123456'), ('+18005550123')) AS v (p);
SELECT phone_send_policy_set('everywhere', regions => '{all}', denied => '{GB}');
-- Premium rate, shared cost, satellite, personal; Bangladesh and Taiwan; never issued.
SELECT p, t.check(p, 'everywhere') FROM (VALUES ('+447400123456'), ('+611900123456'), ('+80812345678'), ('+870773111632'),
    ('+881612345678'), ('+8821612345678'), ('+8801812345678'), ('+886912345678'), ('+14011480751'), ('+979123456789')) AS v (p);
SELECT phone_send_policy_set('lenient', regions => '{all}', refused_types => '{}', refuse_invalid => false);
SELECT p, t.check(p, 'lenient') FROM (VALUES ('+611900123456'), ('+881612345678'), ('+14011480751')) AS v (p);

-- What a client may type is an answer.
SELECT left(p, 40) AS p, t.check(p, 'everywhere') FROM (VALUES (NULL), (''), ('not a number'), ('+61'), ('12'), ('+6140114807500000'),
    (repeat('9', 10000)), (E'\n'), ('+61401148075, +61401148076'), ('٠٤٠١٢٠٠٠٠٣')) AS v (p);
-- What the application says wrong is not.
SELECT t.outcome('t.check($1, $2)', '+61401148075', 'other'), t.outcome('t.check($1, $2)', '+61401148075', NULL);
SELECT cost, t.outcome('t.check($1, cost => $2::numeric)', '+61401200001', cost)
  FROM unnest(ARRAY['-1', 'NaN', 'Infinity', '1000000001', '1e200']) AS cost;

-- How often: to a number, in several windows.
SELECT phone_send_policy_set('limits', regions => '{AU}', per_number => '{2/hour,3/week}', per_client => '{3/hour}',
                             per_account => '{4/day}', per_block_1000 => '{5/day}', per_block_10000 => '{6/day}',
                             per_region => '{8/day}');
SELECT t.check('+61401148075', 'limits') FROM generate_series(1, 3);
SELECT allowed, reason, retry_after BETWEEN '00:00:01' AND '02:00:00' AS within_two_hours,
       retry_after_seconds = ceil(extract(epoch FROM retry_after)) AS same, send_id
  FROM phone_send_check('+61 401 148 075', 'limits');
-- From a network: IPv6 by its /64.
SELECT t.check('+614011491' || lpad(i::text, 2, '0'), 'limits', ('2001:db8:1:1::' || i)::inet) FROM generate_series(1, 4) AS i;
-- Of an account, under the same policy's region.
SELECT t.check('+614021' || i || '1000', 'limits', NULL, 'alice') FROM generate_series(1, 5) AS i;
SELECT phone_send_policy_set('limits', per_region => '{}');
SELECT t.check('+614021' || i || '2000', 'limits', NULL, 'alice') FROM generate_series(1, 5) AS i;
-- To a block of 1,000, and one of 10,000 in which each block of 1,000 has less.
SELECT t.check('+6140301' || lpad(i::text, 4, '0'), 'limits') FROM generate_series(1, 6) AS i;
SELECT t.check('+6140302' || i || '000', 'limits') FROM generate_series(1, 7) AS i;
-- What is refused counts nowhere: the client has as much left as before.
SELECT t.check('+61403021001', 'limits', '192.0.2.1') FROM generate_series(1, 5) AS i;
SELECT t.check('+6140401' || i || '000', 'limits', '192.0.2.1') FROM generate_series(1, 4) AS i;

-- For how much. Without a price nothing goes out; the longest beginning has the price.
SELECT phone_send_policy_set('money', regions => '{all}', budget_day => 1, budget_hour => 0.5, budget_region_day => 0.3,
                             per_block_1000 => '{}', per_number => '{}');
SELECT t.check('+61401148075', 'money');
SELECT phone_send_price_set('+', 0.1), phone_send_price_set('+61', 0.04), phone_send_price_set('+614', 0.05),
       phone_send_price_set('+61', 99, 'EUR');
SELECT prefix, currency, price FROM phone_crypt.send_prices ORDER BY 1, 2;
SELECT t.check('+61401148075', 'money') FROM generate_series(1, 7);
SELECT t.check('+6421345678', 'money'), t.check('+6421345678', 'money'), t.check('+447400123456', 'money', cost => 0.000001);
SELECT allowed, reason, retry_after <= '1 hour' AS within_the_hour FROM phone_send_check('+886912345678', 'money', cost => 0.5);
SELECT allowed, reason, retry_after FROM phone_send_check('+886912345678', 'money', cost => 0.51);
-- What costs nothing passes.
SELECT t.check('+886912345678', 'money', cost => 0);
SELECT phone_send_policy_set('money', budget_hour => 'infinity');
SELECT budget_hour, budget_day, budget_region_day FROM phone_crypt.send_policies WHERE name = 'money';
SELECT t.check('+8801812345678', 'money') FROM generate_series(1, 4);
SELECT phone_send_price_set('+61', NULL, 'EUR'), phone_send_price_set('+614', NULL);
SELECT prefix, currency, price FROM phone_crypt.send_prices ORDER BY 1, 2;

-- A policy that only records lets pass, and says what it would have done. Its trial counts apart.
SELECT phone_send_policy_set('limits', record_only => true);
SELECT t.check(p, 'limits') FROM (VALUES ('+61401148075'), ('+61401148075'), ('+61401148075'), ('+447400123456'), ('none')) AS v (p);
SELECT phone_send_policy_set('limits', record_only => false);
SELECT t.check('+61401148075', 'limits');

-- An encrypted number; text that is none.
SELECT allowed, reason, region, type FROM phone_send_check('+61405148075'::encrypted_phone, 'limits');
SELECT allowed, reason, region, type FROM phone_send_check('none'::encrypted_phone, 'limits');
SELECT allowed, reason FROM phone_send_check(NULL::encrypted_phone, 'limits');

-- The deny list of rate limits holds for the number and for the client.
SELECT ratelimit_list_phone('deny', '+61406148075'), ratelimit_list_network('deny', '198.51.100.0/24');
SELECT t.check('+61406148075', 'limits'), t.check('+61406148076', 'limits', '198.51.100.7'), t.check('+61406148076', 'limits');
SELECT ratelimit_unlist_phone('+61406148075'), ratelimit_unlist_network('198.51.100.0/24');

-- What a policy is made of.
SELECT arguments, t.outcome('phone_send_policy_set(' || arguments || ')') FROM unnest(ARRAY[
    'NULL', '''''', '''a:b''', '''x'', regions => ''{Australia}''', '''x'', regions => ''{AU,NULL}''', '''x'', denied => ''{+}''',
    '''x'', refused_types => ''{fax}''', '''x'', per_number => ''{5}''', '''x'', per_client => ''{5/hour,6/60 minutes}''',
    '''x'', per_region => ''{1/400 days}''', '''x'', budget_day => -1', '''x'', budget_day => ''NaN''',
    '''x'', currency => ''usd''', '''x'', warn_at => 0', '''x'', warn_at => 1.1', '''x'', time_zone => ''Nowhere''',
    '''x'', verify_within => ''0''', '''x'', verify_within => ''2 days''', '''x'', regions_per_client => -1',
    '''x'', suspects => ''shoot''']) AS arguments;
SELECT arguments, t.outcome('phone_send_price_set(' || arguments || ')') FROM unnest(ARRAY[
    'NULL, 1', '''+61'', 1, NULL', '''61'', 1', '''+0'', 1', '''+61x'', 1', '''+61'', -1', '''+61'', 1, ''dollar''']) AS arguments;
SELECT count(*) FROM phone_crypt.send_policies WHERE name = 'x';

-- One that is dropped and made anew begins anew.
SELECT t.check('+61401148075', 'limits');
SELECT phone_send_policy_drop('limits'), phone_send_policy_drop('limits');
SELECT t.outcome('t.check($1, $2)', '+61401148075', 'limits'), t.outcome('phone_send_policy_drop(NULL)');
SELECT phone_send_policy_set('limits', regions => '{AU}', per_number => '{1/day}');
SELECT t.check('+61401148075', 'limits') FROM generate_series(1, 2);

-- What sending counts is under names of its own: no key of a caller reaches it, and rate-limit views do not show it.
SELECT count(*) FROM phone_crypt.ratelimit_status WHERE key LIKE 'number:%' OR key LIKE 'block%' OR key LIKE 'budget%';

-- Numbers and networks that no rule is for.
SELECT phone_send_policy_set('strict', per_number => '{0/day}');
SELECT phone_send_exempt('+1 500 555 0006', 'test number'), phone_send_exempt('0401 148 075'), phone_send_exempt('+61401148075', 'again'),
       phone_send_exempt_network('192.0.2.0/24', 'the office'), phone_send_exempt_network('2001:db8::7');
SELECT phone_hash = phone_hash('+61401148075') AS number, network, note, phone_decrypt(phone_encrypted, 'phone_crypt.send_exempt')
  FROM phone_crypt.send_exempt ORDER BY 3 NULLS LAST;
SELECT t.check('+15005550006', 'strict'), t.check('+61401148075', 'strict'), t.check('+61401148076', 'strict', '192.0.2.77'),
       t.check('+61401148076', 'strict', '2001:db8::7'), t.check('+61401148076', 'strict', '2001:db8::8'), t.check('none', 'strict', '192.0.2.77');
SELECT phone_send_unexempt('+15005550006'), phone_send_unexempt('+15005550006'), phone_send_unexempt_network('192.0.2.0/24'),
       phone_send_unexempt_network('192.0.2.0/24');
SELECT t.check('+15005550006', 'strict'), t.check('+61401148076', 'strict', '192.0.2.77');
SELECT t.outcome('phone_send_exempt(NULL)'), t.outcome('phone_send_exempt($1)', 'none'), t.outcome('phone_send_exempt_network(NULL)'),
       t.outcome('phone_send_unexempt(NULL)');

-- Records have no number. What is written down and what is not yet is the same.
-- (A background task writes them down, too, at any time.)
SELECT phone_send_policy_set('recorded', regions => '{AU}', per_number => '{2/day}', budget_day => 1, warn_at => 0.5,
                             budget_region_day => 5);
SELECT t.check('+61407148075', 'recorded', cost => 0.4) FROM generate_series(1, 4);
SELECT t.check('+61407148076', 'recorded', cost => 0.7), t.check('+447400123456', 'recorded'), t.check('none', 'recorded');
CREATE VIEW t.decisions AS
    SELECT policy, phone_hash = phone_hash('+61407148075') AS that, length(block) AS block, region, type, allowed, record_only, reason,
           warnings, sum(decisions) AS decisions, count(*) > 0 AS rows
      FROM phone_crypt.send_decisions WHERE policy = 'recorded' GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
TABLE t.decisions ORDER BY reason, that, warnings;
SELECT count(DISTINCT block) AS blocks, count(DISTINCT phone_hash) AS numbers FROM phone_crypt.send_decisions
 WHERE policy = 'recorded';
BEGIN;
SELECT phone_crypt.flush_send_decisions() >= 0 AS written;
ROLLBACK;
SELECT phone_crypt.flush_send_decisions() >= 0 AS written;
TABLE t.decisions ORDER BY reason, that, warnings;
SELECT t::text LIKE '%1407148%' AS digits FROM phone_crypt.send_records AS t GROUP BY 1;
SELECT policy, record_only, passed_day, refused_day, last_refused_at IS NOT NULL AS refused, spent_hour, budget_hour, spent_day, budget_day,
       currency FROM phone_crypt.send_status WHERE policy = 'recorded';
SELECT policy, budget, region, spent, amount, currency, share, resets_at > now() AS resets FROM phone_crypt.send_budgets
 WHERE policy = 'recorded' ORDER BY budget;

-- Erasure finds all of it.
SELECT phone_send_exempt('+61407148075'), phone_send_policy_set('recorded', record_only => true);
SELECT t.check('+61407148075', 'recorded', cost => 0.1);
SELECT object, action, rows > 0 AS found, sqlstate FROM phone_forget('+61407148075') WHERE rows > 0 OR object LIKE '%send%';
SELECT count(*) FROM phone_crypt.send_decisions WHERE phone_hash = phone_hash('+61407148075');
SELECT count(*) FROM phone_crypt.rate_limits WHERE id LIKE '%' || phone_hash('+61407148075');
SELECT phone_send_policy_set('recorded', record_only => false);
SELECT t.check('+61407148075', 'recorded', cost => 0.1), (SELECT count(*) FROM phone_crypt.send_exempt AS e
  WHERE e.phone_hash = phone_hash('+61407148075')) AS exempt;
