-- Consent, suppression, and what people answer.
\pset format unaligned
\pset null NULL
SET timezone = 'UTC';
SET phone_crypt.encryption_key = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

-- Nothing is known.
SELECT * FROM consent_check('+61401148075', 'news');
SELECT * FROM consent_check(NULL::text, 'news');
SELECT phone_suppressed('+61401148075'), phone_suppressed(NULL::text);

-- What happened last decides, and of one time what arrived last.
SELECT consent_record('0401 148 075', 'news', 'granted', 'web form', '{"ip": "192.0.2.7", "text": "Send me news"}', '2026-01-10') IS NOT NULL AS recorded;
SELECT * FROM consent_check('+61401148075', 'news');
SELECT * FROM consent_check('+61 401 148 075', 'offers');
SELECT consent_record('+61401148075', 'news', 'withdrawn', 'call centre', at => '2026-01-20') IS NOT NULL AS recorded;
SELECT * FROM consent_check('+61401148075', 'news');
-- Arrives late.
SELECT consent_record('+61401148075', 'news', 'granted', 'import', at => '2026-01-15') IS NOT NULL AS recorded;
SELECT state, at FROM consent_check('+61401148075', 'news');
SELECT consent_record('+61401148075', 'news', 'granted', 'import', at => '2026-01-20') IS NOT NULL AS recorded;
SELECT state, at FROM consent_check('+61401148075', 'news');
-- All topics: beats what is older, and not what is newer.
SELECT consent_record('+61401148075', NULL, 'withdrawn', 'letter', at => '2026-01-21') IS NOT NULL AS recorded;
SELECT t, c.* FROM unnest(ARRAY['news', 'offers', NULL]) AS t, consent_check('+61401148075', t) AS c;
SELECT consent_record('+61401148075', 'news', 'granted', 'web form', at => '2026-01-22') IS NOT NULL AS recorded;
SELECT t, c.* FROM unnest(ARRAY['news', 'offers', NULL]) AS t, consent_check('+61401148075', t) AS c;
SELECT consent_record('+61401148076', 'news', 'denied', 'web form') IS NOT NULL AS recorded;
SELECT granted, state FROM consent_check('+61401148076', 'news');

-- The history, the newest first.
SELECT topic, state, at, source, evidence, recorded_at > now() - interval '1 hour' AS now, recorded_by = session_user AS by
  FROM consent_history('+61401148075');
SELECT count(*) FROM consent_history(NULL::text);
-- What is stored shows nothing.
SELECT count(*) FILTER (WHERE e::text LIKE '%401148075%' OR e::text LIKE '%192.0.2.7%') AS plain, count(evidence) AS evidence
  FROM phone_crypt.consent_events AS e;

-- It is only added to.
UPDATE phone_crypt.consent_events SET state = 'granted';
DELETE FROM phone_crypt.consent_events;
TRUNCATE phone_crypt.consent_events;
SELECT count(*) FROM phone_crypt.consent_events;
SELECT phone_crypt.keep_consent_events();

-- Arguments.
SELECT a, t.outcome('consent_record(' || a || ')') FROM unnest(ARRAY[
    'NULL::text, ''news'', ''granted'', ''web''', '''no phone'', ''news'', ''granted'', ''web''',
    '''+61401148075'', '''', ''granted'', ''web''', '''+61401148075'', ''news'', ''yes'', ''web''',
    '''+61401148075'', ''news'', NULL, ''web''', '''+61401148075'', ''news'', ''granted'', NULL',
    '''+61401148075'', ''news'', ''granted'', ''''', '''+61401148075'', repeat(''x'', 201), ''granted'', ''web''',
    '''+61401148075'', ''news'', ''granted'', ''web'', at => ''infinity''',
    '''+61401148075'', ''news'', ''granted'', ''web'', at => now() + interval ''1 hour''',
    '''+61401148075'', ''news'', ''granted'', ''web'', regions => NULL',
    '''0401148075'', ''news'', ''granted'', ''web'', regions => ''''']) AS a;
SELECT t.outcome('consent_check(''no phone'', ''news'')'), t.outcome('consent_check(''0401148075'', ''news'', '''')');
SELECT t.outcome('consent_history(''no phone'')');

-- Encrypted numbers.
CREATE TABLE customers (id integer, phone encrypted_phone);
INSERT INTO customers VALUES (1, '0401 148 075'), (2, '0401 148 077 ext. 9'), (3, 'ask for Bob'), (4, NULL);
SELECT id, t.outcome('consent_record((SELECT phone FROM customers WHERE id = ' || id || '), ''sms'', ''granted'', ''shop'') > 0')
  FROM customers ORDER BY id;
SELECT id, c.granted, c.state, c.all_topics FROM customers, consent_check(phone, 'sms') AS c WHERE id <> 3 ORDER BY id;
SELECT h.topic, h.state FROM customers AS c, consent_history(c.phone) AS h WHERE c.id = 2;
SELECT granted FROM consent_check('+61401148077', 'sms');
SELECT t.outcome('consent_check((SELECT phone FROM customers WHERE id = 3))');

-- Suppression.
SELECT phone_suppress('0401 148 078', 'complaint'), phone_suppress('+61401148078', 'complaint'), phone_suppressed('+61401148078');
SELECT phone_suppress(phone, 'returned') FROM customers WHERE id = 2;
SELECT id, phone_suppressed(phone) FROM customers ORDER BY id;
SELECT phone_unsuppress('+61401148078'), phone_unsuppress('+61401148078'), phone_suppressed('+61401148078');
SELECT phone_unsuppress(phone) FROM customers WHERE id = 2;
SELECT a, t.outcome(a) FROM unnest(ARRAY['phone_suppress(NULL::text, ''x'')', 'phone_suppress(''no phone'', ''x'')',
    'phone_suppress(''+61401148075'', NULL)', 'phone_suppress(''+61401148075'', '''')', 'phone_suppressed(''no phone'')',
    'phone_suppressed(''+61401148075'', NULL)', 'phone_unsuppress(NULL::text)', 'phone_unsuppress(''no phone'')']) AS a;

-- From a relation.
CREATE TABLE staging (raw text, typed encrypted_phone, number bigint);
INSERT INTO staging SELECT '+6140114' || 8000 + n, '+6140114' || 8100 + n, n FROM generate_series(0, 49) AS n;
INSERT INTO staging VALUES ('+61401148000'), ('not a number'), (NULL);
CREATE VIEW staged AS SELECT raw::varchar FROM staging;
CALL phone_suppress_import('staging', 'raw', 'registry');
CALL phone_suppress_import('staged', 'raw', 'registry');
CALL phone_suppress_import('staging', 'typed', 'registry');
\set VERBOSITY terse
CALL phone_suppress_import('staging', 'number', 'registry');
CALL phone_suppress_import('staging', 'nothing', 'registry');
CALL phone_suppress_import('staging', 'raw', NULL);
CALL phone_suppress_import(NULL, 'raw', 'registry');
CALL phone_suppress_import('staging', NULL, 'registry');
CALL phone_suppress_import('staging', 'raw', 'registry', 'XX');
SELECT reason, count(*) FROM phone_crypt.suppressed_phones GROUP BY reason ORDER BY 1;
SELECT phone_suppressed('+61401148049'), phone_suppressed('+61401148050'), phone_suppressed('+61401148149');

-- What people answer. A confirmation is due once.
SELECT * FROM consent_reply('+14155550100', 'please stop it');
SELECT * FROM consent_reply('+14155550100', 'STOP');
SELECT phone_suppressed('+14155550100');
SELECT * FROM consent_reply('+14155550100', 'Stop!');
SELECT granted, state, all_topics FROM consent_check('+14155550100', 'news');
SELECT * FROM consent_reply('+14155550100', 'help');
SELECT * FROM consent_reply('+14155550100', 'START');
SELECT * FROM consent_reply('+14155550100', 'START');
SELECT phone_suppressed('+14155550100'), granted FROM consent_check('+14155550100', 'news');
-- For one topic.
SELECT * FROM consent_reply('+14155550100', 'Arrêt', 'fr', 'news');
SELECT * FROM consent_reply('+14155550100', 'Arrêt', 'fr', 'news');
SELECT phone_suppressed('+14155550100'), (consent_check('+14155550100', 'news')).granted AS news, (consent_check('+14155550100', 'offers')).granted AS offers;
-- What was suppressed for another reason stays so, in either order.
SELECT phone_suppress('+14155550101', 'complaint');
SELECT * FROM consent_reply('+14155550101', 'STOP');
SELECT * FROM consent_reply('+14155550101', 'START');
SELECT phone_suppressed('+14155550101');
SELECT * FROM consent_reply('+14155550102', 'STOP');
SELECT phone_suppress('+14155550102', 'complaint');
SELECT * FROM consent_reply('+14155550102', 'START');
SELECT phone_suppressed('+14155550102');
SELECT reply, changed, confirmation FROM customers, consent_reply(phone, 'STOP') WHERE id = 2;
SELECT topic, state, source, evidence FROM consent_history('+14155550100') ORDER BY id;
SELECT a, t.outcome('consent_reply(' || a || ')') FROM unnest(ARRAY['NULL::text, ''stop''', '''+14155550100'', NULL',
    '''+14155550100'', ''stop'', NULL', '''+14155550100'', ''stop'', ''tlh''', '''no phone'', ''stop''',
    '''+14155550100'', ''stop'', topic => ''''']) AS a;

-- Before a message goes out.
CREATE FUNCTION t.may_send(phone text, policy text DEFAULT 'consent', topic text DEFAULT NULL) RETURNS text LANGUAGE sql
    AS $$ SELECT concat_ws(' ', allowed, reason, retry_after IS NOT NULL, warnings::text)
            FROM public.phone_send_check(phone, policy, topic => topic) $$;
SELECT phone_send_policy_set('anybody', regions => '{all}', per_number => '{}', per_block_1000 => '{}', per_block_10000 => '{}'),
       phone_send_policy_set('consent', regions => '{all}', per_number => '{}', per_block_1000 => '{}', per_block_10000 => '{}', require_consent => true);
SELECT t.may_send('+14155552300', 'anybody') AS not_asked, t.may_send('+14155552300', topic => 'news') AS nothing_known;
SELECT consent_record('+14155552300', 'news', 'granted', 'web') > 0 AS recorded;
SELECT t.may_send('+14155552300', topic => 'news') AS granted, t.may_send('+14155552300', topic => 'offers') AS another, t.may_send('+14155552300') AS for_all;
SELECT (consent_reply('+14155552300', 'stop')).confirmation;
SELECT t.may_send('+14155552300', 'anybody') AS suppressed, t.may_send('+14155552300', topic => 'news') AS suppressed_too;
-- The confirmation, once.
SELECT t.may_send('+14155552300', topic => 'opt_out_confirmation') AS first, t.may_send('+14155552300', topic => 'opt_out_confirmation') AS second;
SELECT phone_suppress('+14155552301', 'complaint'), t.may_send('+14155552301', 'anybody', 'opt_out_confirmation') AS no_opt_out;
-- A policy that only records refuses what must not be, too.
SELECT (consent_reply('+14155552302', 'stop')).confirmation, phone_send_policy_set('watch', regions => '{all}', per_number => '{}', per_block_1000 => '{}', per_block_10000 => '{}', record_only => true, require_consent => true);
SELECT t.may_send('+14155552302', 'watch') AS watched, t.may_send('+14155552302', 'watch', 'opt_out_confirmation') AS confirms,
       t.may_send('+14155552302', 'anybody', 'opt_out_confirmation') AS again, t.may_send('+14155552303', 'watch') AS without_consent;
-- Quiet hours: all of the day but now, and none.
SELECT phone_send_policy_set('quiet', regions => '{all}', per_number => '{}', per_block_1000 => '{}', per_block_10000 => '{}', quiet_from => (now() AT TIME ZONE 'Asia/Kathmandu' - interval '2 hours')::time,
                             quiet_to => (now() AT TIME ZONE 'Asia/Kathmandu' + interval '2 hours')::time);
SELECT t.may_send('+97714123456', 'quiet') AS quiet, t.may_send('+4930123456', 'anybody') AS anybody;
SELECT retry_after BETWEEN '1 hour 50 minutes' AND '2 hours' AS in_two_hours, retry_after_seconds BETWEEN 6600 AND 7200 AS seconds
  FROM phone_send_check('+97714123456', 'quiet');
SELECT phone_send_policy_set('quiet', quiet_from => '09:00', quiet_to => '09:00');
SELECT t.may_send('+97714123456', 'quiet') AS no_quiet_hours;
SELECT t.outcome('phone_send_policy_set(''quiet'', quiet_from => ''21:00'')') AS one_of_two;
SELECT phone_send_policy_drop(p) FROM unnest(ARRAY['anybody', 'consent', 'watch', 'quiet']) AS p;
DROP FUNCTION t.may_send(text, text, text);

-- Under which keys it is; none of it is a column of a user's.
SELECT relation, column_name, count(*) FROM phone_column_keys() WHERE relation::text LIKE 'phone_crypt.%' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM phone_crypt.encrypted_columns WHERE relation::text LIKE 'phone_crypt.%';

-- Who may do what.
CREATE ROLE regress_app;
CREATE ROLE regress_sender;
CREATE ROLE regress_clerk;
SELECT phone_crypt_grant('regress_app', 'writer'), phone_crypt_grant('regress_sender', 'limiter'), phone_crypt_grant('regress_clerk', 'reader');
CREATE FUNCTION t.consent_rights() RETURNS TABLE (what text, outcome text) LANGUAGE sql AS $$
    SELECT w, left(t.outcome(w), 60) FROM unnest(ARRAY[
        'consent_record(''+61401148099'', ''sms'', ''granted'', ''app'') > 0', '(consent_check(''+61401148099'', ''sms'')).granted',
        '(SELECT count(*) FROM consent_history(''+61401148099''))', 'phone_suppress(''+61401148098'', ''app'')',
        'phone_suppressed(''+61401148098'')', 'phone_unsuppress(''+61401148098'')', '(consent_reply(''+61401148099'', ''stop'')).reply',
        '(SELECT count(*) FROM phone_crypt.consent_events)', '(SELECT count(*) FROM phone_crypt.suppressed_phones)',
        '(SELECT count(*) FROM phone_crypt.rekey_consent_batch(''consent_events'', 0))',
        'phone_crypt.phone_probes(''+61401148099''::encrypted_phone) IS NOT NULL']) AS w
$$;
SET ROLE regress_app;
SELECT * FROM t.consent_rights();
SET ROLE regress_sender;
SELECT * FROM t.consent_rights();
SET ROLE regress_clerk;
SELECT * FROM t.consent_rights();
UPDATE phone_crypt.consent_events SET state = 'granted';
INSERT INTO phone_crypt.suppressed_phones VALUES ('+61401148097', 'x');
CALL phone_suppress_import('staging', 'raw', 'x');
RESET ROLE;
-- Whoever imports reads as they may.
SELECT phone_crypt_grant('regress_clerk', 'admin');
SET ROLE regress_clerk;
CALL phone_suppress_import('staging', 'raw', 'x');
RESET ROLE;
GRANT SELECT (raw) ON staging TO regress_clerk;
SET ROLE regress_clerk;
CALL phone_suppress_import('staging', 'raw', 'x');
RESET ROLE;

-- Erasure: nothing is left, or only that the number is suppressed.
SELECT object, action, rows, sqlstate FROM phone_forget('+61401148075') WHERE object LIKE 'phone_crypt.%phone%' AND object NOT LIKE '%ratelimit%';
SELECT count(*) FROM consent_history('+61401148075');
SELECT phone_suppress('+61401148075', 'complaint') AS was_not;
SELECT object, action, rows, sqlstate FROM phone_forget('+14155550102', keep_suppression => true) WHERE object LIKE 'phone_crypt.%phone%' AND object NOT LIKE '%ratelimit%';
SELECT count(*), phone_suppressed('+14155550102') FROM consent_history('+14155550102');
SELECT reason, count(*) FROM phone_crypt.suppressed_phones WHERE reason = 'forgotten' GROUP BY reason;
SELECT * FROM phone_forget('+61401148075', keep_suppression => NULL);

-- The other files of this database have other keys.
ALTER TABLE phone_crypt.consent_events DISABLE TRIGGER keep_events;
DELETE FROM phone_crypt.consent_events;
ALTER TABLE phone_crypt.consent_events ENABLE TRIGGER keep_events;
DELETE FROM phone_crypt.suppressed_phones;
DROP TABLE customers;
DROP VIEW staged;
DROP TABLE staging;
REVOKE ALL ON ALL ROUTINES IN SCHEMA public, phone_crypt FROM regress_app, regress_sender, regress_clerk;
SELECT phone_crypt_revoke(r, p) FROM (VALUES ('regress_app'::regrole, 'writer'), ('regress_sender', 'limiter'), ('regress_clerk', 'reader'), ('regress_clerk', 'admin')) AS v (r, p);
DROP ROLE regress_app, regress_sender, regress_clerk;
