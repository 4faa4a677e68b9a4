-- API tokens. What verifies is in src/tokens; the format is in crates/core/src/token. Of a token its id and the SHA-256 of its
-- secret are stored.

CREATE TABLE phone_crypt.api_tokens (
    -- The first ten columns are read by position (src/tokens/row.rs). COLLATE "C": ids are compared byte by byte.
    token_id      text        COLLATE "C" PRIMARY KEY CHECK (token_id OPERATOR(pg_catalog.~) '^[0-9A-Za-z]{12}$'),
    secret_sha256 bytea       NOT NULL CHECK (pg_catalog.octet_length(secret_sha256) OPERATOR(pg_catalog.=) 32),
    name          text        NOT NULL CHECK (name OPERATOR(pg_catalog.<>) ''),
    owner         text,
    scopes        text[]      NOT NULL DEFAULT '{}' CHECK (phone_crypt.are_scopes(scopes)),
    expires_at    timestamptz,
    revoked_at    timestamptz,
    -- NULL: from everywhere.
    networks      cidr[]      CHECK (pg_catalog.cardinality(networks) OPERATOR(pg_catalog.>=) 1
                                     AND pg_catalog.cardinality(networks) OPERATOR(pg_catalog.<=) 100),
    policy        text        COLLATE "C" REFERENCES phone_crypt.ratelimit_policies (name),
    -- What the policy counts by: the id of the first of the tokens that replaced each other.
    limit_id      text        COLLATE "C" NOT NULL,
    revoke_reason text,
    -- How long tokens that replace it are valid; NULL: for ever.
    lifetime      interval,
    prefix        text        NOT NULL,
    is_legacy     boolean     NOT NULL DEFAULT false,
    replaced_by   text        COLLATE "C",
    metadata      jsonb       NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE phone_crypt.api_tokens IS
    'API tokens, without their secrets; written by api_token_create() and its like';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.api_tokens', '');
CREATE INDEX api_tokens_owner ON phone_crypt.api_tokens (owner) WHERE owner IS NOT NULL;
CREATE INDEX api_tokens_expires_at ON phone_crypt.api_tokens (expires_at) WHERE revoked_at IS NULL;
CREATE INDEX api_tokens_policy ON phone_crypt.api_tokens (policy) WHERE policy IS NOT NULL;

-- Tokens of a legacy application, by the SHA-256 of their whole text.
CREATE TABLE phone_crypt.api_legacy_tokens (
    -- Read by position (src/tokens/store.rs).
    sha256   text COLLATE "C" PRIMARY KEY CHECK (sha256 OPERATOR(pg_catalog.~) '^[0-9a-f]{64}$'),
    token_id text COLLATE "C" NOT NULL UNIQUE REFERENCES phone_crypt.api_tokens ON DELETE CASCADE
);
COMMENT ON TABLE phone_crypt.api_legacy_tokens IS
    'tokens of a legacy application, by their hash; written by api_token_import()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.api_legacy_tokens', '');
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.api_legacy_tokens
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();

-- How tokens were used, in a table of its own: writing it down locks no token, and rows of tokens do not move.
CREATE TABLE phone_crypt.api_token_use (
    token_id     text        COLLATE "C" PRIMARY KEY REFERENCES phone_crypt.api_tokens ON DELETE CASCADE,
    uses         bigint      NOT NULL,
    last_used_at timestamptz NOT NULL,
    last_address inet
) WITH (fillfactor = 50);
COMMENT ON TABLE phone_crypt.api_token_use IS
    'how API tokens were used; written by flush_token_use()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.api_token_use', '');

-- Writes down how tokens were used since the last time. In the order of the ids, so that two that do it do not lock each other out.
CREATE FUNCTION phone_crypt.flush_token_use() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    written bigint;
BEGIN
    INSERT INTO phone_crypt.api_token_use AS u (token_id, uses, last_used_at, last_address)
        SELECT t.token_id, sum(t.uses), max(t.last_used_at),
               (array_agg(t.last_address ORDER BY t.last_used_at DESC) FILTER (WHERE t.last_address IS NOT NULL))[1]
          FROM phone_crypt.take_token_uses() AS t
         WHERE EXISTS (SELECT FROM phone_crypt.api_tokens AS a WHERE a.token_id = t.token_id)
         GROUP BY t.token_id ORDER BY t.token_id
        ON CONFLICT ON CONSTRAINT api_token_use_pkey DO UPDATE
        SET uses = u.uses + excluded.uses,
            last_used_at = greatest(u.last_used_at, excluded.last_used_at),
            last_address = coalesce(excluded.last_address, u.last_address);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END;
$$;
COMMENT ON FUNCTION phone_crypt.flush_token_use() IS
    'writes down how API tokens were used since the last time';

-- What is not written down yet is counted too.
CREATE VIEW phone_crypt.tokens AS
    SELECT a.token_id, a.name, a.owner, a.scopes, a.networks, a.policy, a.created_at, a.expires_at, a.revoked_at, a.revoke_reason,
           a.replaced_by, a.is_legacy, coalesce(u.uses, 0) OPERATOR(pg_catalog.+) coalesce(m.uses, 0) AS uses,
           greatest(u.last_used_at, m.last_used_at) AS last_used_at, coalesce(m.last_address, u.last_address) AS last_address,
           a.metadata
      FROM phone_crypt.api_tokens AS a
      LEFT JOIN phone_crypt.api_token_use AS u ON u.token_id OPERATOR(pg_catalog.=) a.token_id
      LEFT JOIN (SELECT t.token_id, pg_catalog.sum(t.uses)::bigint AS uses, pg_catalog.max(t.last_used_at) AS last_used_at,
                        (pg_catalog.array_agg(t.last_address ORDER BY t.last_used_at DESC)
                             FILTER (WHERE t.last_address IS NOT NULL))[1] AS last_address
                   FROM phone_crypt.token_uses() AS t GROUP BY t.token_id) AS m
             ON m.token_id OPERATOR(pg_catalog.=) a.token_id COLLATE "C";
COMMENT ON VIEW phone_crypt.tokens IS
    'API tokens and how they were used, without anything that is secret';
