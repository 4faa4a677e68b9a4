-- What became of messages: outcomes, verified against unverified codes, regions of a client, pumped ranges.
\pset format unaligned
\pset null NULL
CREATE FUNCTION t.send(phone text, client inet DEFAULT NULL) RETURNS text LANGUAGE sql
    AS $$ SELECT concat_ws(' ', allowed, reason, warnings::text) FROM public.phone_send_check(phone, 'p', client) $$;
CREATE FUNCTION t.sends(phone text, count integer) RETURNS TABLE (answer text, times bigint) LANGUAGE sql
    AS $$ SELECT t.send(left(phone, -3) || lpad(i::text, 3, '0')), count(*) FROM generate_series(1, count) AS i GROUP BY 1 $$;
SELECT phone_send_policy_set('p', regions => '{all}', per_number => '{}', per_client => '{}', per_account => '{}',
                             per_block_1000 => '{}', per_block_10000 => '{}', verify_within => '0.5 seconds');

-- An outcome is reported by the id of the message, once it is verified no more.
SELECT send_id AS id FROM phone_send_check('+61401700075', 'p') \gset
SELECT phone_send_outcome(:id, 'sent'), phone_send_outcome(:id, 'delivered'), phone_send_outcome(:id, 'verified'),
       phone_send_outcome(:id, 'verified');
SELECT region, verified_hour, verified_day, highest_day, unverified_hour, threshold_hour, unverified_day, threshold_day, stopped_until
  FROM phone_crypt.send_regions WHERE policy = 'p';
-- Or by the number, as text or encrypted.
SELECT t.send('+6421345678'), phone_send_outcome_phone('+64 21 345 678', 'delivered'), phone_send_outcome_phone('+6421345678', 'verified'),
       phone_send_outcome_phone('+6421345678', 'verified');
SELECT t.send('+6421345678'), phone_send_outcome_phone('+6421345678'::encrypted_phone, 'failed'),
       phone_send_outcome_phone('none'::encrypted_phone, 'failed'), phone_send_outcome_phone(NULL::encrypted_phone, 'failed');
-- What is no number, or no message, has none.
SELECT phone_send_outcome_phone(NULL::text, 'sent'), phone_send_outcome_phone('none', 'sent'), phone_send_outcome(-1, 'sent'),
       phone_send_outcome(9223372036854775807, 'verified');
SELECT t.outcome('phone_send_outcome(NULL, ''sent'')'), t.outcome('phone_send_outcome(1, NULL)'),
       t.outcome('phone_send_outcome(1, ''Verified'')'), t.outcome('phone_send_outcome_phone(''+6421345678'', ''lost'')'),
       t.outcome('phone_send_outcome_phone(''+6421345678'', NULL)');

-- A code is unverified once its time is over. The rule is off until it is asked for.
SELECT * FROM t.sends('+61402148000', 25);
SELECT pg_sleep(1.6);
SELECT t.send('+61402148100');
SELECT region, verified_day, unverified_hour, threshold_hour, unverified_day, threshold_day, stopped_until
  FROM phone_crypt.send_regions WHERE policy = 'p' AND region = 'AU';
SELECT phone_send_policy_set('p', conversion => true);
SELECT t.send('+61402148101'), t.send('+6421345679');
SELECT retry_after BETWEEN '22 hours' AND '24 hours' AS until_they_are_a_day_old FROM phone_send_check('+61402148101', 'p');
SELECT region, stopped_until BETWEEN now() + '22 hours' AND now() + '24 hours' AS stopped FROM phone_crypt.send_regions
 WHERE policy = 'p' AND region = 'AU';
-- A number that has verified before passes.
SELECT t.send('+61401700075');
-- A client, beside a region that is sound.
SELECT phone_send_policy_drop('p');
SELECT phone_send_policy_set('p', regions => '{all}', per_number => '{}', per_client => '{}', per_account => '{}',
                             per_block_1000 => '{}', per_block_10000 => '{}', verify_within => '0.5 seconds', conversion => true);
SELECT count(*) FROM generate_series(100, 139) AS i, phone_send_check('+61403148' || i, 'p') AS c, phone_send_outcome(c.send_id, 'verified') AS done
 WHERE done;
SELECT t.send('+614041480' || i, '192.0.2.1') FROM generate_series(10, 14) AS i;
SELECT pg_sleep(1.6);
SELECT t.send('+61404148015', '192.0.2.1'), t.send('+61404148016', '192.0.2.2'), t.send('+61404148017');

-- To three regions a day, and more where somebody verifies.
SELECT phone, t.send(phone, '198.51.100.1') FROM unnest('{+61405148075,+6421345670,+447400123456,+37251234567,+61405148076}'::text[]) AS phone;
SELECT phone_send_outcome_phone('+447400123456', 'verified'), t.send('+37251234567', '198.51.100.1'), t.send('+6581234567', '198.51.100.1');
SELECT retry_after > '23:59' AS in_a_day FROM phone_send_check('+6581234567', 'p', '198.51.100.1');
-- What another rule refuses has sent to no region.
SELECT phone_send_policy_set('p', per_region => '{1/day}');
SELECT t.send('+6581234567', '198.51.100.2'), t.send('+6581234568', '198.51.100.2');
SELECT t.send('+6581234568', '198.51.100.3'), t.send('+37251234567', '198.51.100.3'), t.send('+33612345678', '198.51.100.3'),
       t.send('+4915123456789', '198.51.100.3'), t.send('+39312345678', '198.51.100.3');
SELECT phone_send_policy_set('p', per_region => '{}', regions_per_client => 0);
SELECT t.send('+6581234567', '198.51.100.1'), t.send('+33612345678', '198.51.100.1');

-- A range that looks pumped: found in shared memory, where there is some.
SELECT phone_send_policy_set('p', conversion => false);
SELECT * FROM t.sends('+251911234000', 100);
SELECT pg_sleep(1.6);
SELECT t.send('+6421345671') <> '' AS settled FROM generate_series(1, 3);
SELECT policy, range, verified, unverified, numbers_at_least >= 20 AS many, until - since < '61 minutes' AS for_an_hour
  FROM phone_crypt.send_suspects WHERE policy = 'p';
SELECT t.send('+251911234200');
SELECT phone_send_policy_set('p', suspects => 'warn');
SELECT t.send('+251911234201'), t.send('+251911299999');
SELECT phone_send_policy_set('p', suspects => 'block');
SELECT t.send('+251911234202'), t.send('+251911299999');
SELECT retry_after BETWEEN '58 minutes' AND '1 hour' AS for_an_hour FROM phone_send_check('+251911234202', 'p');
SELECT t.outcome('phone_send_policy_set(''p'', regions_per_client => 9)');

-- Forgetting a number forgets what was sent to it.
SELECT t.send('+61409148075'), phone_send_outcome_phone('+61409148075', 'verified'), t.send('+61409148075');
SELECT object, rows FROM phone_forget('+61409148075') WHERE object = 'phone_crypt.send_verified';
SELECT object, rows FROM phone_forget('+61409148075') WHERE object = 'phone_crypt.send_verified';
SELECT phone_send_outcome_phone('+61409148075', 'sent');
