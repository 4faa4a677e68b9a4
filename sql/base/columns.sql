-- The registry of encrypted columns. The trigger, rotation, erasure and retention go by it; see src/columns.

CREATE TABLE phone_crypt.columns (
    -- Read by position (src/columns/registry.rs). Columns by name: their numbers change when a dump is restored.
    relation           regclass NOT NULL,
    -- The column of the plain text; where there never was one, the encrypted column itself.
    column_name        text     NOT NULL,
    encrypted_column   text     NOT NULL,
    hash_column        text     NOT NULL,
    raw_column         text,
    has_plaintext      boolean  NOT NULL,
    -- A value's context: this, and where context_column is set 0x1F and that column's value as text.
    context            text     NOT NULL DEFAULT '',
    context_column     text,
    hash_context       text     NOT NULL DEFAULT '',
    -- What hash_column is kept under, whatever a client computes.
    hash_key_id        text     NOT NULL CHECK (hash_key_id OPERATOR(pg_catalog.~) '^[0-9a-f]{8}$'),
    hash_scheme        text     NOT NULL CHECK (hash_scheme OPERATOR(pg_catalog.=) ANY (ARRAY['derived', 'raw'])),
    -- While the hash key is being changed.
    next_hash_column   text,
    next_hash_key_id   text     CHECK (next_hash_key_id OPERATOR(pg_catalog.~) '^[0-9a-f]{8}$'),
    next_hash_scheme   text     CHECK (next_hash_scheme OPERATOR(pg_catalog.=) ANY (ARRAY['derived', 'raw'])),
    regions            text,
    keep_original      boolean  NOT NULL DEFAULT false,
    plaintext_type     text,
    plaintext_not_null boolean,
    on_forget          text     NOT NULL DEFAULT 'null' CHECK (on_forget OPERATOR(pg_catalog.=) ANY (ARRAY['null', 'delete'])),
    retention          interval,
    retention_column   text,
    registered_at      timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (relation, column_name),
    CHECK ((next_hash_column IS NULL) OPERATOR(pg_catalog.=) (next_hash_key_id IS NULL)
       AND (next_hash_column IS NULL) OPERATOR(pg_catalog.=) (next_hash_scheme IS NULL)),
    CHECK ((retention IS NULL) OPERATOR(pg_catalog.=) (retention_column IS NULL))
);
COMMENT ON TABLE phone_crypt.columns IS
    'encrypted columns: what they are called, their contexts, the key and scheme of their hash';
-- Rows of dropped tables stay behind in a dump: there their number might be another table's.
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.columns',
    'WHERE EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) relation)');
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.columns
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();
CREATE TRIGGER check_row_owner BEFORE INSERT OR UPDATE OR DELETE ON phone_crypt.columns
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.check_row_owner();
