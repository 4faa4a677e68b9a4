-- Webhooks: what is verified without an endpoint, endpoints, and what becomes of requests. The server's key is K1.
\pset format unaligned
\pset null '<NULL>'

-- Standard Webhooks: the vector of their documentation, and what was changed in it.
\set body '''{"email":"test@example.com","username":"test_user"}'''
\set id '''msg_27UH4WbU6Z5A5EzD8u03UvzRbpk'''
\set right '''v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw='''
\set secret '''whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'''
SELECT what, webhook_verify_standard(body::bytea, id, signed_at, signature, secret, '1000 years') AS verified
  FROM (VALUES
    ('as published', :body, :id, '1649367553', :right, :secret),
    ('one of several', :body, :id, '1649367553', 'v2,x v1,AAAA ' || :right || ' v1', :secret),
    ('without whsec_', :body, :id, '1649367553', :right, substr(:secret, 7)),
    ('body', :body || ' ', :id, '1649367553', :right, :secret),
    ('id', :body, :id || 'x', '1649367553', :right, :secret),
    ('time', :body, :id, '1649367554', :right, :secret),
    ('time with a sign', :body, :id, '+1649367553', :right, :secret),
    ('signature', :body, :id, '1649367553', overlay(:right placing 'a' from 4), :secret),
    ('version', :body, :id, '1649367553', overlay(:right placing 'v2' from 1), :secret),
    ('no signature', :body, :id, '1649367553', '', :secret),
    ('secret', :body, :id, '1649367553', :right, overlay(:secret placing 'D' from 7)),
    ('no secret', :body, :id, '1649367553', :right, 'whsec_'),
    ('not base64', :body, :id, '1649367553', :right, 'whsec_!'),
    ('NULL body', NULL, :id, '1649367553', :right, :secret),
    ('NULL id', :body, NULL, '1649367553', :right, :secret),
    ('NULL time', :body, :id, NULL, :right, :secret),
    ('NULL signature', :body, :id, '1649367553', NULL, :secret),
    ('NULL secret', :body, :id, '1649367553', :right, NULL)
  ) AS example (what, body, id, signed_at, signature, secret);

-- The legacy application's scheme: hex HMAC-SHA256 of timestamp.payload, computed by OpenSSL.
SELECT * FROM webhook_sign('{"call":1}', 'the secret', '2026-01-01 00:00:00.9+00');
SELECT "timestamp" FROM webhook_sign('', 'x', '1969-01-01');
SELECT what, webhook_verify(body::bytea, example.signature, signed_at, secret, '1000 years') AS verified
  FROM (SELECT * FROM webhook_sign('{"call":1}', 'the secret', '2026-01-01')) AS s,
       LATERAL (VALUES
    ('as signed', '{"call":1}', signature, "timestamp", 'the secret'),
    ('body', '{"call":2}', signature, "timestamp", 'the secret'),
    ('truncated', '{"call":1}', left(signature, 63), "timestamp", 'the secret'),
    ('doubled', '{"call":1}', signature || signature, "timestamp", 'the secret'),
    ('upper case', '{"call":1}', upper(signature), "timestamp", 'the secret'),
    ('empty', '{"call":1}', '', "timestamp", 'the secret'),
    ('not hex', '{"call":1}', repeat('z', 64), "timestamp", 'the secret'),
    ('secret', '{"call":1}', signature, "timestamp", 'the secrets'),
    ('no secret', '{"call":1}', signature, "timestamp", ''),
    ('letters for a time', '{"call":1}', signature, 'now', 'the secret'),
    ('no time', '{"call":1}', signature, '', 'the secret'),
    ('10^30', '{"call":1}', signature, '1' || repeat('0', 30), 'the secret'),
    ('milliseconds', '{"call":1}', signature, "timestamp" || '000', 'the secret'),
    ('negative', '{"call":1}', signature, '-' || "timestamp", 'the secret')
  ) AS example (what, body, signature, signed_at, secret);
SELECT webhook_verify_text('né', signature, "timestamp", 'ключ') AS text,
       webhook_verify(convert_to('né', 'UTF8'), signature, "timestamp", 'ключ') AS bytes
  FROM webhook_sign(convert_to('né', 'UTF8'), 'ключ');
SELECT webhook_verify('', s.signature, s.timestamp, 'x', '0') AS no_tolerance,
       webhook_verify('', s.signature, s.timestamp, 'x', '-1 s') AS negative,
       webhook_verify('', s.signature, s.timestamp, 'x') AS by_default
  FROM webhook_sign('', 'x', clock_timestamp() - interval '10 s') AS s;
SELECT expression, t.outcome(expression)
  FROM (VALUES ($$webhook_verify('', '', '', '', NULL)$$), ($$webhook_verify_text('', '', '', '', NULL)$$),
               ($$webhook_verify_standard('', '', '', '', '', NULL)$$),
               ('webhook_verify(NULL, NULL, NULL, NULL)'), ('webhook_verify_text(NULL, NULL, NULL, NULL)'),
               ($$webhook_sign('', '')$$), ($$webhook_sign(NULL, 'x')$$), ($$webhook_sign('', NULL)$$),
               ($$webhook_sign('', 'x', NULL)$$), ($$webhook_sign('', 'x', 'infinity')$$)) AS example (expression);

-- Vectors that providers publish, without a time: accepted, then a replay.
SELECT webhook_endpoint_create('calls', 'twilio', '12345');
\set form 'CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309'
\set url 'https://mycompany.com/myapp.php?foo=1&bar=2'
SELECT what, accepted, reason, length(r.id), event_at
  FROM (VALUES (1, 'as published', :'form', :'url', 'POST'), (2, 'again', :'form', :'url', 'POST'),
               (3, 'with the port', :'form', 'https://mycompany.com:443/myapp.php?foo=1&bar=2', 'POST'),
               (4, 'in another order', 'Digits=1234&' || replace(:'form', '&Digits=1234', ''), :'url', 'POST'),
               (5, 'a parameter', :'form' || '&x=', :'url', 'POST'), (6, 'another URL', :'form', :'url' || '&', 'POST'),
               (7, 'no URL', :'form', NULL, 'POST'), (8, 'no method', :'form', :'url', NULL)) AS example (n, what, body, url, method),
       webhook_receive('calls', '{"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}', body::bytea, url, method) AS r
 ORDER BY n;

-- Endpoints.
SELECT webhook_endpoint_create('mail', 'standard', :secret, '10 minutes', replay_period => '3 days');
SELECT name, scheme, tolerance, replay_period FROM phone_crypt.webhook_endpoints ORDER BY id;
SELECT webhook_endpoint_rotate('mail', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', '1 hour');
SELECT endpoint, ends_at IS NULL AS in_force FROM phone_crypt.webhook_rotations ORDER BY 1, 2;
SELECT secret ~ '^[0-9a-f]{32}:05a915ee2b[0-9a-f]+$' AS shape FROM phone_crypt.webhook_secrets;
SELECT * FROM phone_column_keys() WHERE relation = 'phone_crypt.webhook_secrets'::regclass;
SELECT webhook_endpoint_reencrypt(), webhook_cleanup();
SELECT reason FROM webhook_receive('mail',
    jsonb_build_object('webhook-id', :id, 'webhook-timestamp', '1649367553', 'webhook-signature', ARRAY['v1,AAAA', :right]), :body);
SELECT reason FROM webhook_receive('mail',
    jsonb_build_object('svix-id', :id, 'svix-timestamp', 1649367553, 'svix-signature', :right), :body);
-- What is stored is of no use elsewhere.
SELECT expression, t.outcome(expression, s.secret)
  FROM phone_crypt.webhook_secrets AS s, (VALUES ('phone_decrypt_raw($1)'), ('phone_decrypt($1)'), ('phone_reencrypt($1)'),
       ($$phone_decrypt_raw($1, 'phone_crypt.webhook_secrets' || chr(31) || 'twilio' || chr(31) || 'calls')$$)) AS example (expression)
 WHERE s.endpoint = 1;
SELECT webhook_endpoint_drop('mail'), webhook_endpoint_drop('calls'), webhook_endpoint_drop('calls');
SELECT reason FROM webhook_receive('mail', '{}', '');
SELECT count(*) FROM phone_crypt.webhook_secrets;
DELETE FROM phone_crypt.webhook_seen;
