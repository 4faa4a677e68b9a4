-- Lists and blocks by phone number. What the limiter looks up is phone_hash:<hash>, and a hash cannot be put under
-- another key. So the number is kept beside it, encrypted, and rekey_phones() makes the new hash of it.

CREATE TABLE phone_crypt.ratelimit_blocked_phones (
    key             text COLLATE "C" NOT NULL,
    policy          text COLLATE "C" NOT NULL,  -- '' is a block outside policies
    phone_encrypted text NOT NULL,
    blocked_until   timestamptz NOT NULL,
    PRIMARY KEY (key, policy)
);
CREATE INDEX ON phone_crypt.ratelimit_blocked_phones (blocked_until);
COMMENT ON TABLE phone_crypt.ratelimit_blocked_phones IS
    'numbers behind blocks that ratelimit_block_phone() made; the blocks themselves are state of the engines';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.ratelimit_blocked_phones', '');

CREATE FUNCTION ratelimit_list_phone(
    list text, phone text, note text DEFAULT NULL, regions text DEFAULT 'default'
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    keys text[] := phone_crypt.ratelimit_phone_keys(phone, regions);
BEGIN
    PERFORM @extschema@.ratelimit_list_key(list, keys[1], note);
    UPDATE phone_crypt.ratelimit_lists AS l
       SET phone_encrypted = @extschema@.phone_encrypt(phone, 'phone_crypt.ratelimit_lists', regions)
     WHERE l.key = keys[1];
    -- Listed before the hash key changed, maybe on the other list.
    DELETE FROM phone_crypt.ratelimit_lists AS l WHERE l.key = ANY (keys[2:]);
END;
$$;

CREATE FUNCTION ratelimit_unlist_phone(phone text, regions text DEFAULT 'default') RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM phone_crypt.ratelimit_lists AS l WHERE l.key = ANY (phone_crypt.ratelimit_phone_keys(phone, regions));
    RETURN FOUND;
END;
$$;

-- Numbers are not kept for longer than their blocks.
CREATE FUNCTION phone_crypt.drop_ended_blocks() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM phone_crypt.ratelimit_blocked_phones WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM phone_crypt.ratelimit_blocked_phones WHERE blocked_until <= clock_timestamp()
           FOR UPDATE SKIP LOCKED));
END;
$$;

CREATE FUNCTION ratelimit_block_phone(
    phone text, duration interval, policy text DEFAULT NULL, regions text DEFAULT 'default'
) RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    phone_key text := (phone_crypt.ratelimit_phone_keys(phone, regions))[1];
    until timestamptz;
BEGIN
    -- Before the engine's row is locked: rekey_phones() locks in this order too.
    LOCK TABLE phone_crypt.ratelimit_blocked_phones IN ROW EXCLUSIVE MODE;
    PERFORM phone_crypt.drop_ended_blocks();
    until := @extschema@.ratelimit_block(phone_key, duration, policy);
    INSERT INTO phone_crypt.ratelimit_blocked_phones AS b
        VALUES (phone_key, coalesce(policy, ''),
                @extschema@.phone_encrypt(phone, 'phone_crypt.ratelimit_blocked_phones', regions), until)
        ON CONFLICT ON CONSTRAINT ratelimit_blocked_phones_pkey
        DO UPDATE SET phone_encrypted = excluded.phone_encrypted, blocked_until = excluded.blocked_until;
    RETURN until;
END;
$$;

CREATE FUNCTION ratelimit_unblock_phone(
    phone text, policy text DEFAULT NULL, regions text DEFAULT 'default'
) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    keys text[] := phone_crypt.ratelimit_phone_keys(phone, regions);
    phone_key text;
    was_blocked boolean := false;
BEGIN
    DELETE FROM phone_crypt.ratelimit_blocked_phones AS b
     WHERE b.key = ANY (keys) AND b.policy = coalesce(ratelimit_unblock_phone.policy, '');
    FOREACH phone_key IN ARRAY keys LOOP
        was_blocked := @extschema@.ratelimit_unblock(phone_key, policy) OR was_blocked;
    END LOOP;
    RETURN was_blocked;
END;
$$;

CREATE FUNCTION phone_crypt.rekey_listed_phones() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    context constant text := 'phone_crypt.ratelimit_lists';
    item record;
    present text;
    encrypted text;
    moved bigint := 0;
BEGIN
    LOCK TABLE phone_crypt.ratelimit_lists IN SHARE ROW EXCLUSIVE MODE;
    FOR item IN SELECT l.key, l.phone_encrypted FROM phone_crypt.ratelimit_lists AS l
                 WHERE l.phone_encrypted IS NOT NULL LOOP
        present := (phone_crypt.ratelimit_phone_keys_of(item.phone_encrypted, context))[1];
        encrypted := @extschema@.phone_reencrypt(item.phone_encrypted, context);
        CONTINUE WHEN present = item.key AND encrypted = item.phone_encrypted;
        IF present <> item.key AND EXISTS (SELECT FROM phone_crypt.ratelimit_lists AS l WHERE l.key = present) THEN
            -- Listed anew since the key changed: that is what counts.
            DELETE FROM phone_crypt.ratelimit_lists AS l WHERE l.key = item.key;
            UPDATE phone_crypt.ratelimit_lists AS l SET phone_encrypted = encrypted
             WHERE l.key = present AND l.phone_encrypted IS NULL;
        ELSE
            UPDATE phone_crypt.ratelimit_lists AS l SET key = present, phone_encrypted = encrypted
             WHERE l.key = item.key;
        END IF;
        moved := moved + 1;
    END LOOP;
    RETURN moved;
END;
$$;

-- Only a block that is still in force moves: one that was lifted by its key must not come back. It may be in force
-- under another hash than the recorded one, since ratelimit_hit_phone() and ratelimit_check_phone() move what they meet.
CREATE FUNCTION phone_crypt.rekey_blocked_phones() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    context constant text := 'phone_crypt.ratelimit_blocked_phones';
    item record;
    keys text[];
    encrypted text;
    policy_name text;
    until timestamptz;
    moved bigint := 0;
BEGIN
    LOCK TABLE phone_crypt.ratelimit_blocked_phones IN SHARE ROW EXCLUSIVE MODE;
    PERFORM phone_crypt.drop_ended_blocks();
    FOR item IN SELECT b.key, b.policy, b.phone_encrypted FROM phone_crypt.ratelimit_blocked_phones AS b LOOP
        keys := phone_crypt.ratelimit_phone_keys_of(item.phone_encrypted, context);
        encrypted := @extschema@.phone_reencrypt(item.phone_encrypted, context);
        CONTINUE WHEN keys[1] = item.key AND encrypted = item.phone_encrypted;
        policy_name := nullif(item.policy, '');
        until := max(phone_crypt.ratelimit_blocked_until(k, policy_name)) FROM unnest(keys) AS k;
        DELETE FROM phone_crypt.ratelimit_blocked_phones AS b WHERE b.key = item.key AND b.policy = item.policy;
        CONTINUE WHEN until IS NULL OR until <= clock_timestamp() + interval '1 millisecond';
        until := @extschema@.ratelimit_block(keys[1], until - clock_timestamp(), policy_name);
        INSERT INTO phone_crypt.ratelimit_blocked_phones VALUES (keys[1], item.policy, encrypted, until)
            ON CONFLICT ON CONSTRAINT ratelimit_blocked_phones_pkey
            DO UPDATE SET phone_encrypted = excluded.phone_encrypted, blocked_until = excluded.blocked_until;
        PERFORM @extschema@.ratelimit_unblock(k, policy_name) FROM unnest(keys[2:]) AS k;
        moved := moved + 1;
    END LOOP;
    RETURN moved;
END;
$$;

CREATE FUNCTION phone_crypt.rekey_phones() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM phone_crypt.ratelimit_lists AS l WHERE l.phone_encrypted IS NOT NULL)
       OR EXISTS (SELECT FROM phone_crypt.ratelimit_blocked_phones)
       OR EXISTS (SELECT FROM phone_crypt.send_exempt AS e WHERE e.phone_encrypted IS NOT NULL) THEN
        PERFORM phone_crypt.check_lasting_keys();
    END IF;
    RETURN phone_crypt.rekey_listed_phones() + phone_crypt.rekey_blocked_phones() + phone_crypt.rekey_exempt_phones();
END;
$$;
