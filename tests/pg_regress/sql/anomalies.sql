-- Watching activity: arguments, what is kept, privileges. What is found is tested from outside.
\set VERBOSITY terse
BEGIN;
SET client_min_messages = warning;
SELECT ratelimit_policy_set('login', 100, '1 minute'), ratelimit_policy_set('ledger', 100, '1 minute', durable => true);

SELECT ratelimit_watch('login');
SELECT ratelimit_watch('login', '{block,notify,block}', 'high', '1 minute', '5 minutes');
SELECT ratelimit_watch('ledger', '{throttle}');
SELECT phone_crypt_watch_reads();
SELECT phone_crypt_watch_reads('{notify}', 'low', '1 day');
SELECT policy, actions, sensitivity, "window", duration FROM phone_crypt.activity_watches ORDER BY policy;
SELECT * FROM phone_crypt.anomalies;

-- What is refused.
\set ON_ERROR_ROLLBACK on
\set VERBOSITY sqlstate
SELECT ratelimit_watch(NULL);
SELECT ratelimit_watch('nobody');
SELECT ratelimit_watch('login', NULL);
SELECT ratelimit_watch('login', ARRAY[NULL]);
SELECT ratelimit_watch('login', '{shout}');
SELECT ratelimit_watch('login', sensitivity => NULL);
SELECT ratelimit_watch('login', sensitivity => 'highest');
SELECT ratelimit_watch('login', "window" => '0.9 seconds');
SELECT ratelimit_watch('login', "window" => '25 hours');
SELECT ratelimit_watch('login', "window" => NULL);
SELECT ratelimit_watch('login', duration => '0');
SELECT ratelimit_watch('login', duration => NULL);
SELECT phone_crypt_watch_reads('{block}');
SELECT phone_crypt_watch_reads('{throttle}');
SELECT phone_crypt_watch_reads("window" => '2 days');
SELECT ratelimit_unwatch(NULL);
INSERT INTO phone_crypt.activity_watches (policy, actions, sensitivity, "window", duration) VALUES (NULL, '{record}', 'low', '1 hour', '1 hour');

-- Without an action there is still a record.
SELECT ratelimit_watch('login', '{}');
SELECT actions FROM phone_crypt.activity_watches WHERE policy = 'login';

-- A policy that is dropped is not watched.
SELECT ratelimit_policy_drop('ledger');
SELECT ratelimit_unwatch('ledger'), ratelimit_unwatch('login'), ratelimit_unwatch('login');
SELECT phone_crypt_unwatch_reads(), phone_crypt_unwatch_reads();
SELECT count(*) FROM phone_crypt.activity_watches;

-- Keys are shown to those who see them elsewhere.
INSERT INTO phone_crypt.anomaly_records (kind, policy, key, began_at, last_at, windows, count, expected, score, actions)
    VALUES ('hits', 'login', 'k', now(), now(), 1, 200, 20, 14, '{record}');
CREATE ROLE anomalies_auditor;
CREATE ROLE anomalies_admin;
CREATE ROLE anomalies_nobody;
SELECT phone_crypt_grant('anomalies_auditor', 'auditor'), phone_crypt_grant('anomalies_admin', 'admin');
SET ROLE anomalies_auditor;
SELECT kind, policy, key, role, windows, count, expected, score FROM phone_crypt.anomalies;
SELECT key FROM phone_crypt.anomaly_records;
SELECT ratelimit_watch('login');
SELECT phone_crypt_watch_reads();
SET ROLE anomalies_admin;
SELECT policy, key FROM phone_crypt.anomalies;
SELECT ratelimit_watch('login'), phone_crypt_watch_reads();
SELECT set_by = session_user AS set_by, policy FROM phone_crypt.activity_watches ORDER BY policy;
SELECT phone_crypt.set_watch('login', '{record}', 'low', '1 hour', '1 hour');
SELECT * FROM phone_crypt.activity_baselines;
SET ROLE anomalies_nobody;
SELECT * FROM phone_crypt.anomalies;
SELECT ratelimit_unwatch('login');
SELECT phone_crypt_unwatch_reads();
SELECT phone_crypt.check_watch('low');
RESET ROLE;
ROLLBACK;
