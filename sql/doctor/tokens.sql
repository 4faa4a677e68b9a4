-- The doctor: API tokens and webhooks.

CREATE FUNCTION phone_crypt.doctor_tokens() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH live AS (
        SELECT t.token_id, t.name, t.expires_at, t.created_at, t.last_used_at FROM phone_crypt.tokens AS t
         WHERE t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
    ), without_end AS (
        SELECT count(*), phone_crypt.some_of((array_agg(l.token_id ORDER BY l.created_at))[1:6]) AS ids FROM live AS l WHERE l.expires_at IS NULL
    ), unused AS (
        SELECT count(*), phone_crypt.some_of((array_agg(l.token_id ORDER BY l.created_at))[1:6]) AS ids FROM live AS l
         WHERE coalesce(l.last_used_at, l.created_at) < now() - interval '90 days'
    ), ending AS (
        SELECT count(*), phone_crypt.some_of((array_agg(l.token_id ORDER BY l.expires_at))[1:6]) AS ids FROM live AS l
         WHERE l.expires_at < now() + interval '14 days' AND l.created_at < now() - interval '14 days'
    )
    SELECT 'warning', format('%s no end: %s', phone_crypt.counted(w.count, 'API token has', 'API tokens have'), w.ids),
           'Replace them with ones that expire: SELECT * FROM api_token_rotate(''id'', ''7 days'');'
      FROM without_end AS w WHERE w.count > 0
    UNION ALL
    SELECT 'warning', format('%s not been used for 90 days: %s', phone_crypt.counted(u.count, 'API token has', 'API tokens have'), u.ids),
           'SELECT api_token_revoke(''id'', ''unused'');'
      FROM unused AS u WHERE u.count > 0
    UNION ALL
    SELECT 'warning', format('%s within 14 days: %s', phone_crypt.counted(e.count, 'API token expires', 'API tokens expire'), e.ids),
           'SELECT * FROM api_token_rotate(''id'', ''7 days''); and hand the new one out.'
      FROM ending AS e WHERE e.count > 0
$$;
COMMENT ON FUNCTION phone_crypt.doctor_tokens() IS
    'finds API tokens that have no end, are not used, or end soon';

CREATE FUNCTION phone_crypt.doctor_webhooks() RETURNS SETOF phone_crypt.finding
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'warning', format('%s the same secret for more than a year: %s',
                             phone_crypt.counted(count(*), 'webhook endpoint has had', 'webhook endpoints have had'),
                             phone_crypt.some_of(array_agg(quote_ident(e.name) ORDER BY s.created_at))),
           'Make a new secret at the provider, and SELECT webhook_endpoint_rotate(''name'', ''the new secret'');'
      FROM phone_crypt.webhook_secrets AS s JOIN phone_crypt.webhook_endpoints AS e ON e.id = s.endpoint
     WHERE s.ends_at IS NULL AND s.created_at < now() - interval '1 year'
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION phone_crypt.doctor_webhooks() IS
    'finds webhook endpoints whose secret is old';
