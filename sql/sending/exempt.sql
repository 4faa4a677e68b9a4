-- Numbers and networks that no sending policy is for: test numbers, the office. A hash cannot be put under another key, so the
-- number is kept beside it, encrypted (sql/ratelimit/phones.sql does the same).

CREATE TABLE phone_crypt.send_exempt (
    -- The first two columns are read by position (src/sending/exempt.rs).
    phone_hash      text COLLATE "C" UNIQUE CHECK (phone_hash OPERATOR(pg_catalog.~) '^[0-9a-f]{64}$'),
    network         cidr UNIQUE,
    phone_encrypted text,
    note            text,
    added_at        timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CHECK ((phone_hash IS NULL) OPERATOR(pg_catalog.<>) (network IS NULL)),
    CHECK ((phone_hash IS NULL) OPERATOR(pg_catalog.=) (phone_encrypted IS NULL))
);
COMMENT ON TABLE phone_crypt.send_exempt IS
    'numbers and networks that no sending policy is for; written by phone_send_exempt() and phone_send_exempt_network()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.send_exempt', '');
CREATE TRIGGER announce_change
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phone_crypt.send_exempt
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.announce_change();

-- The hashes of a number, the present one first.
CREATE FUNCTION phone_crypt.send_hashes(phone text) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(right(k.key, 64) ORDER BY k.place)
      FROM unnest(phone_crypt.ratelimit_phone_keys(phone)) WITH ORDINALITY AS k (key, place)
$$;
COMMENT ON FUNCTION phone_crypt.send_hashes(text) IS
    'the hashes of a number under every configured key, the present one first';

CREATE FUNCTION phone_send_exempt(phone text, note text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hashes text[] := phone_crypt.send_hashes(phone);
BEGIN
    DELETE FROM phone_crypt.send_exempt AS e WHERE e.phone_hash = ANY (hashes[2:]);
    INSERT INTO phone_crypt.send_exempt AS e (phone_hash, phone_encrypted, note)
        VALUES (hashes[1], @extschema@.phone_encrypt(phone, 'phone_crypt.send_exempt'), note)
        ON CONFLICT ON CONSTRAINT send_exempt_phone_hash_key DO UPDATE SET note = excluded.note, added_at = now();
END;
$$;

CREATE FUNCTION phone_send_exempt_network(network inet, note text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF network IS NULL THEN
        RAISE EXCEPTION 'network must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    INSERT INTO phone_crypt.send_exempt AS e (network, note) VALUES (network(network), note)
        ON CONFLICT ON CONSTRAINT send_exempt_network_key DO UPDATE SET note = excluded.note, added_at = now();
END;
$$;

CREATE FUNCTION phone_send_unexempt(phone text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM phone_crypt.send_exempt AS e WHERE e.phone_hash = ANY (phone_crypt.send_hashes(phone));
    RETURN FOUND;
END;
$$;

CREATE FUNCTION phone_send_unexempt_network(network inet) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM phone_crypt.send_exempt AS e WHERE e.network = network(phone_send_unexempt_network.network);
    RETURN FOUND;
END;
$$;

CREATE FUNCTION phone_crypt.rekey_exempt_phones() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    context constant text := 'phone_crypt.send_exempt';
    item record;
    present text;
    encrypted text;
    moved bigint := 0;
BEGIN
    LOCK TABLE phone_crypt.send_exempt IN SHARE ROW EXCLUSIVE MODE;
    FOR item IN SELECT e.phone_hash, e.phone_encrypted FROM phone_crypt.send_exempt AS e
                 WHERE e.phone_encrypted IS NOT NULL LOOP
        present := right((phone_crypt.ratelimit_phone_keys_of(item.phone_encrypted, context))[1], 64);
        encrypted := @extschema@.phone_reencrypt(item.phone_encrypted, context);
        CONTINUE WHEN present = item.phone_hash AND encrypted = item.phone_encrypted;
        -- Entered anew since the key changed: that is what counts.
        IF present <> item.phone_hash THEN
            DELETE FROM phone_crypt.send_exempt AS e WHERE e.phone_hash = present;
        END IF;
        UPDATE phone_crypt.send_exempt AS e SET phone_hash = present, phone_encrypted = encrypted
         WHERE e.phone_hash = item.phone_hash;
        moved := moved + 1;
    END LOOP;
    RETURN moved;
END;
$$;
COMMENT ON FUNCTION phone_crypt.rekey_exempt_phones() IS
    'behind phone_crypt.rekey_phones, for numbers that no sending policy is for';
