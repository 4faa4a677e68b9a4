-- The pin: which keys this database was written with, and under which default regions. Ids only, never key material.

CREATE TABLE phone_crypt.pinned_keys (
    -- All but the last two are read by position (src/keys/pin.rs).
    role            text        NOT NULL
                    CHECK (role OPERATOR(pg_catalog.=) ANY (ARRAY['primary', 'next', 'hash', 'next_hash'])),
    key_id          text        NOT NULL CHECK (key_id OPERATOR(pg_catalog.~) '^[0-9a-f]{8}$'),
    -- 128 bits of the key's own: its id alone has 32.
    fingerprint     text        NOT NULL CHECK (fingerprint OPERATOR(pg_catalog.~) '^[0-9a-f]{32}$'),
    hash_scheme     text        CHECK ((role OPERATOR(pg_catalog.=) 'hash') OPERATOR(pg_catalog.=) (hash_scheme IS NOT NULL)),
    -- They decide what is hashed. NULL: not pinned.
    default_regions text        CHECK (default_regions OPERATOR(pg_catalog.~) '^([A-Z]{2}(,[A-Z]{2})*)?$'),
    -- What changes together with the hash key: tables, by oid.
    tables          text        CHECK (tables OPERATOR(pg_catalog.~) '^[0-9]+(,[0-9]+)*$'),
    pinned_at       timestamptz NOT NULL DEFAULT pg_catalog.now(),
    -- The numbering plans of then: they decide which text is which number.
    metadata_version text,
    PRIMARY KEY (role),
    CHECK (role OPERATOR(pg_catalog.=) 'hash' OR default_regions IS NULL AND metadata_version IS NULL),
    CHECK (role OPERATOR(pg_catalog.=) 'next_hash' OR tables IS NULL)
);
COMMENT ON TABLE phone_crypt.pinned_keys IS
    'the keys and default regions this database is pinned to; written by phone_crypt_pin_keys()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.pinned_keys', '');

-- A trigger rather than a call in phone_crypt_pin_keys(), so that COPY from a dump counts too.
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.pinned_keys
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();

CREATE VIEW phone_crypt.keys AS
    SELECT key_id, role, hash_scheme, default_regions, pinned_at FROM phone_crypt.pinned_keys;
COMMENT ON VIEW phone_crypt.keys IS
    'the keys this database is pinned to: id, role, hash scheme, default regions, pinned at';

CREATE VIEW phone_crypt.key_status AS
    SELECT key_id, roles, hash_scheme, source FROM phone_crypt.configured_keys();
COMMENT ON VIEW phone_crypt.key_status IS
    'the keys this server has now: id, roles, hash scheme, source';

-- SECURITY DEFINER: whoever may pin need not own the table. It reads ids and writes ids, nothing else.
CREATE FUNCTION phone_crypt_pin_keys(next_key_id text DEFAULT NULL)
    RETURNS SETOF phone_crypt.keys
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing text;
    other text;
    pins phone_crypt.pinned_keys[];
BEGIN
    LOCK TABLE phone_crypt.pinned_keys IN EXCLUSIVE MODE;

    -- A server that lacks what the database was written with must not take it over.
    SELECT pinned.key_id INTO missing
      FROM phone_crypt.pinned_keys AS pinned
     WHERE NOT EXISTS (SELECT FROM phone_crypt.configured_keys() AS configured
                        WHERE configured.fingerprint = pinned.fingerprint)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'this database is pinned to key %, which the server does not have', missing
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Configure that key first. To give up what was written under it, delete the row from phone_crypt.pinned_keys.';
    END IF;
    IF next_key_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM phone_crypt.configured_keys() AS configured WHERE configured.key_id = next_key_id
    ) THEN
        RAISE EXCEPTION 'no configured key has the id given as next_key_id'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'phone_crypt.key_status shows the ids; add the new key to phone_crypt.previous_keys first.';
    END IF;
    PERFORM phone_crypt.check_lasting_keys(next_key_id);

    SELECT pinned.default_regions INTO other
      FROM phone_crypt.pinned_keys AS pinned
     WHERE pinned.default_regions <> phone_crypt.configured_regions();
    IF FOUND THEN
        RAISE WARNING 'this database was pinned to other default regions: %', coalesce(nullif(other, ''), 'none')
            USING HINT = 'Numbers without + that were stored under them keep their meaning, and new ones have another.';
    END IF;

    -- Their look-ups would find nothing.
    IF EXISTS (SELECT FROM phone_crypt.pinned_keys AS pinned
                WHERE pinned.role = 'hash'
                  AND NOT EXISTS (SELECT FROM phone_crypt.configured_keys() AS configured
                                   WHERE configured.fingerprint = pinned.fingerprint AND 'hash' = ANY (configured.roles)))
       AND EXISTS (SELECT FROM phone_crypt.encrypted_columns)
    THEN
        RAISE EXCEPTION 'the hash key is another one, and columns of type encrypted_phone or encrypted_email are under the pinned one'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'CALL phone_rotate_hash_key() changes both at once. RESET phone_crypt.hash_key_id before that.';
    END IF;

    -- Before the old ones go: it is they that say which key hashes.
    SELECT array_agg((p.role, p.key_id, p.fingerprint, p.hash_scheme, p.default_regions, NULL, now(),
                      CASE p.role WHEN 'hash' THEN phone_crypt.metadata_version() END)::phone_crypt.pinned_keys)
      INTO pins
      FROM (SELECT 'primary', c.key_id, c.fingerprint, NULL, NULL
              FROM phone_crypt.configured_keys() AS c WHERE 'primary' = ANY (c.roles)
            UNION ALL
            SELECT 'hash', c.key_id, c.fingerprint, c.hash_scheme, phone_crypt.configured_regions()
              FROM phone_crypt.configured_keys() AS c WHERE 'hash' = ANY (c.roles)
            UNION ALL
            SELECT 'next', c.key_id, c.fingerprint, NULL, NULL
              FROM phone_crypt.configured_keys() AS c WHERE c.key_id = next_key_id)
           AS p (role, key_id, fingerprint, hash_scheme, default_regions);
    DELETE FROM phone_crypt.pinned_keys WHERE true;
    INSERT INTO phone_crypt.pinned_keys SELECT * FROM unnest(pins);
    RETURN QUERY SELECT pinned.key_id, pinned.role, pinned.hash_scheme, pinned.default_regions, pinned.pinned_at
                   FROM phone_crypt.keys AS pinned;
END;
$$;

-- Says what pin_if_not_pinned() will do.
CREATE FUNCTION phone_crypt.announce_pin(title text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM phone_crypt.keys) THEN
        RAISE NOTICE '%: pins this database to key %', title,
            (SELECT string_agg(k.key_id, ', hash key ' ORDER BY 'primary' = ANY (k.roles) DESC)
               FROM phone_crypt.configured_keys() AS k WHERE k.roles && ARRAY['primary', 'hash'])
            USING HINT = 'From then on it refuses other keys. Keep this one apart from the database''s backups.';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.announce_pin(text) IS
    'says to which keys a procedure will pin a database that is not pinned yet';

-- Pins a database that is not pinned yet: from now on it holds data that another key could not read.
CREATE FUNCTION phone_crypt.pin_if_not_pinned(title text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM phone_crypt.check_keys();
    PERFORM phone_crypt.check_lasting_keys();
    IF NOT EXISTS (SELECT FROM phone_crypt.keys) THEN
        PERFORM phone_crypt.announce_pin(title);
        PERFORM @extschema@.phone_crypt_pin_keys();
        PERFORM phone_crypt.check_keys();
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.pin_if_not_pinned(text) IS
    'pins the keys unless they are, after a NOTICE, and refuses others, those of a session, and the development key';
