-- Consent and suppression under other keys. No look-up waits for it: rows are found under every configured key.

-- failure: the SQLSTATE of what went wrong; what was done is kept.
CREATE PROCEDURE phone_crypt.rekey_consents(INOUT changed bigint, INOUT unreadable bigint, INOUT failure text)
    LANGUAGE plpgsql
AS $$
DECLARE
    title pg_catalog.text;
    next_page bigint;
    in_batch bigint;
    not_read bigint;
BEGIN
    changed := 0;
    unreadable := 0;
    failure := '';
    FOREACH title IN ARRAY ARRAY['consent_events', 'suppressed_phones'] LOOP
        next_page := 0;
        WHILE next_page IS NOT NULL LOOP
            PERFORM phone_crypt.begin_batch();
            BEGIN
                SELECT b.next_page, b.changed, b.unreadable INTO next_page, in_batch, not_read
                  FROM phone_crypt.rekey_consent_batch(title, next_page) AS b;
            EXCEPTION WHEN OTHERS THEN
                failure := SQLSTATE;
                RETURN;
            END;
            changed := changed OPERATOR(pg_catalog.+) in_batch;
            unreadable := unreadable OPERATOR(pg_catalog.+) not_read;
            COMMIT;
        END LOOP;
    END LOOP;
    PERFORM phone_crypt.begin_batch();
END;
$$;
COMMENT ON PROCEDURE phone_crypt.rekey_consents(bigint, bigint, text) IS
    'behind phone_rotate_all and phone_rotate_hash_key: consent and suppression under the present keys';

-- SECURITY DEFINER: whoever asks need not own the tables, and gets counts.
CREATE FUNCTION phone_crypt.consent_keys(
    OUT relation regclass, OUT column_name name, OUT key_id text, OUT hash_key_id text, OUT rows bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'phone_crypt.consent_events'::regclass, 'phone'::name, @extschema@.phone_key_id(e.phone),
           @extschema@.phone_hash_key_id(e.phone), count(*)
      FROM phone_crypt.consent_events AS e GROUP BY 3, 4
    UNION ALL
    SELECT 'phone_crypt.consent_events'::regclass, 'evidence'::name, @extschema@.phone_key_id(e.evidence), NULL, count(*)
      FROM phone_crypt.consent_events AS e WHERE e.evidence IS NOT NULL GROUP BY 3
    UNION ALL
    SELECT 'phone_crypt.suppressed_phones'::regclass, 'phone'::name, @extschema@.phone_key_id(s.phone),
           @extschema@.phone_hash_key_id(s.phone), count(*)
      FROM phone_crypt.suppressed_phones AS s GROUP BY 3, 4
$$;
COMMENT ON FUNCTION phone_crypt.consent_keys() IS
    'under which keys the numbers and the evidence of consent and suppression are';
