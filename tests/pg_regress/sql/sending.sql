-- Time zones, quiet hours and stop words. The server's own time zone does not matter.
\pset format unaligned
\pset null NULL
SET timezone = 'UTC';

SELECT p, phone_timezones(p) FROM (VALUES ('+61401148075'), ('+61892232223'), ('+14155550123'), ('+4930123456'),
    ('+97701234567'), ('+80012345678'), (NULL)) AS v (p);
SELECT phone_timezones('020 7946 0958', 'GB'), cardinality(phone_timezones('+18003569377')) > 40 AS of_all_its_code;
SELECT phone_timezones('not a phone');
SELECT phone_timezones('+61401148075', NULL);
SELECT phone_timezones('+61401148075', 'default');
-- Every zone of the table is one of this server's.
SELECT DISTINCT zone FROM (SELECT unnest(phone_timezones('+' || code || '000000')) AS zone
      FROM unnest(ARRAY['1800', '7800', '44800', '61180', '55800', '52800', '62800', '86800']) AS c (code)
      WHERE phone_is_possible('+' || code || '000000')) AS z
 WHERE zone NOT IN (SELECT name FROM pg_timezone_names);

-- Quiet hours: 21:00 to 08:00 in Los Angeles is 05:00 to 16:00 UTC in winter, 04:00 to 15:00 in summer.
SELECT at, phone_quiet_until('+14155550123', at => at::timestamptz) FROM (VALUES ('2026-01-15 04:59:59'),
    ('2026-01-15 05:00'), ('2026-01-15 12:00'), ('2026-01-15 15:59:59'), ('2026-01-15 16:00'), ('2026-07-15 04:00'),
    ('2026-07-15 14:59:59'), ('2026-07-15 15:00')) AS v (at);
-- The night of a change: the clock goes forward at 2 o'clock on 2026-03-08 in Los Angeles, on 2026-10-04 in Sydney.
SELECT phone_quiet_until('+14155550123', at => '2026-03-08 06:00');
SELECT phone_quiet_until('+61293744000', at => '2026-10-03 12:00');
-- An end that the clock skips, and one that comes twice.
SELECT phone_quiet_until('+14155550123', '21:00', '02:30', '2026-03-08 09:00');
SELECT phone_quiet_until('+14155550123', '21:00', '01:30', '2026-11-01 08:15');
-- Zones half an hour off: Adelaide, Kathmandu (by three quarters).
SELECT phone_quiet_until('+61882311234', at => '2026-07-15 12:00'), phone_quiet_until('+97714123456', at => '2026-07-15 16:00');
-- Several zones: all of them must be awake. A number of the whole of +1 is held from Bermuda's evening to Hawaii's morning.
SELECT phone_quiet_until('+18003569377', at => '2026-01-15 00:30'), phone_quiet_until('+18003569377', at => '2026-01-15 20:00');
-- Hours that leave no moment that suits all zones, none at all, and all of the day but an hour.
SELECT phone_quiet_until('+18003569377', '10:00', '09:00', '2026-01-15 00:30');
SELECT phone_quiet_until('+61401148075', '09:00', '09:00', '2026-01-15 00:30');
SELECT phone_quiet_until('+4930123456', '10:00', '09:00', '2026-01-15 09:30');
-- By day.
SELECT phone_quiet_until('+4930123456', '12:00', '14:00', '2026-01-15 11:30'), phone_quiet_until('+4930123456', '12:00', '14:00', '2026-01-15 13:00');
-- Of no zone: UTC.
SELECT phone_quiet_until('+80012345678', at => '2026-01-15 22:00');
SELECT phone_quiet_until(NULL::text), phone_quiet_until('+61401148075', NULL);
SELECT phone_quiet_until(NULL::text);
SELECT phone_quiet_until('+61401148075', at => 'infinity');
-- Where a moment is given, it is later, and itself in no quiet hour: every half hour of a year.
SELECT count(*), count(until),
       count(*) FILTER (WHERE CASE WHEN until IS NOT NULL THEN until <= at OR phone_quiet_until(phone, at => until) IS NOT NULL END) AS wrong
  FROM unnest(ARRAY['+14155550123', '+61293744000', '+5511961234567', '+18003569377']) AS p (phone),
       generate_series('2026-01-01'::timestamptz, '2026-12-31', '30 minutes') AS t (at),
       phone_quiet_until(phone, at => at) AS q (until);

-- Time zones that somebody knows.
-- Nights on which clocks change, each quarter of an hour of three days: what is answered is the first quarter that is quiet no more.
-- Lord Howe's changes by half an hour, Dublin's law calls winter the time that is set back.
CREATE TEMP VIEW nights (zone, night) AS VALUES
    ('Australia/Lord_Howe', date '2026-04-05'), ('Australia/Lord_Howe', '2026-10-04'), ('Australia/Sydney', '2026-04-05'),
    ('Australia/Adelaide', '2026-04-05'), ('America/Santiago', '2026-04-05'), ('America/Santiago', '2026-09-06'),
    ('Europe/Berlin', '2026-03-29'), ('Europe/Berlin', '2026-10-25'), ('Europe/Dublin', '2026-03-29'), ('Europe/Dublin', '2026-10-25'),
    ('Pacific/Chatham', '2026-04-05'), ('Pacific/Chatham', '2026-09-27'), ('America/St_Johns', '2026-11-01'),
    ('Asia/Kathmandu', '2026-04-05'), ('Asia/Kolkata', '2026-04-05'), ('Australia/Eucla', '2026-04-05');
CREATE TEMP VIEW quarters AS
    SELECT n.zone, n.night, q.at, h.quiet_from, h.quiet_to, phone_quiet_until_in(ARRAY[n.zone], h.quiet_from, h.quiet_to, q.at) AS until,
           (q.at AT TIME ZONE n.zone)::time >= h.quiet_from OR (q.at AT TIME ZONE n.zone)::time < h.quiet_to AS is_quiet
      FROM nights AS n, generate_series(n.night::timestamptz - interval '1 day', n.night::timestamptz + interval '2 days', interval '15 minutes') AS q (at),
           (VALUES (time '21:00', time '08:00'), ('22:30', '01:45'), ('20:00', '02:30')) AS h (quiet_from, quiet_to);
CREATE TEMP TABLE expected AS
    SELECT *, min(at) FILTER (WHERE NOT is_quiet) OVER (PARTITION BY zone, night, quiet_from ORDER BY at DESC) AS first
      FROM quarters;
-- An end that comes twice counts the second time, and one that never comes as long after the change as it was meant to: quiet for longer, never for less.
SELECT zone, night, quiet_to, count(*) FILTER (WHERE is_quiet <> (until IS NOT NULL)) AS wrong,
       count(*) FILTER (WHERE until < first) AS too_early, max(until - first) AS longest_over
  FROM expected WHERE at < night + interval '30 hours' GROUP BY zone, night, quiet_to
HAVING count(*) FILTER (WHERE is_quiet <> (until IS NOT NULL) OR until < first) > 0 OR max(until - first) > interval '0'
 ORDER BY zone COLLATE "C", night, quiet_to;
-- Numbers of such places.
SELECT phone, phone_timezones(phone) AS zones, phone_quiet_until(phone, at => at::timestamptz)
  FROM (VALUES ('+61882311234', '2026-04-04 20:00'), ('+56221234567', '2026-04-04 23:30'), ('+4930123456', '2026-03-28 23:00'),
               ('+4930123456', '2026-10-24 23:00'), ('+61255053123', '2026-04-04 12:00'), ('+64330512345', '2026-04-04 12:00'), ('+97714123456', '2026-04-04 20:00'),
               ('+17097221234', '2026-11-01 03:00')) AS v (phone, at);
SELECT phone_quiet_until_in(ARRAY['Asia/Tokyo'], at => '2026-01-15 13:00'), phone_quiet_until_in('{}', at => '2026-01-15 22:00');
SELECT phone_quiet_until_in(ARRAY['Mars/Base'], at => '2026-01-15 13:00');
SELECT phone_quiet_until_in(ARRAY['UTC', NULL], at => '2026-01-15 13:00');

-- Encrypted numbers.
SET phone_crypt.encryption_key = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
SELECT phone_timezones('+61892232223'::encrypted_phone), phone_timezones('no number'::encrypted_phone),
       phone_quiet_until('+61892232223'::encrypted_phone, at => '2026-07-15 13:00');
RESET phone_crypt.encryption_key;

SELECT m, phone_stop_word(m) FROM unnest(ARRAY['STOP', ' stop. ', 'Opt-out', 'please stop', 'START', 'help', '', 'arret']) AS t (m);
SELECT phone_stop_word('Arrêt', 'fr'), phone_stop_word('stop', 'FR-ca'), phone_stop_word(NULL);
SELECT phone_stop_word('stop', 'tlh');
SELECT phone_stop_word('stop', NULL);
