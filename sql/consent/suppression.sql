-- Numbers that must not be called or texted. What looks them up is in src/consent/suppressions.rs.

CREATE TABLE phone_crypt.suppressed_phones (
    phone          @extschema@.encrypted_phone PRIMARY KEY,
    reason         text        NOT NULL,
    -- Whether one message may still confirm the opt-out.
    is_confirmable boolean     NOT NULL DEFAULT false,
    suppressed_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE phone_crypt.suppressed_phones IS
    'numbers that must not be called or texted; written by phone_suppress() and phone_suppress_import()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.suppressed_phones', '');

-- Enters the filter in shared memory, whatever writes: COPY from a dump and logical replication, too.
CREATE TRIGGER note_suppressed
    BEFORE INSERT OR UPDATE ON phone_crypt.suppressed_phones
    FOR EACH ROW EXECUTE FUNCTION phone_crypt.note_suppressed();
ALTER TABLE phone_crypt.suppressed_phones ENABLE ALWAYS TRIGGER note_suppressed;

CREATE VIEW phone_crypt.suppression_filter AS
    SELECT state, size, false_alarms FROM phone_crypt.filter_status();
COMMENT ON VIEW phone_crypt.suppression_filter IS
    'the filter before the list of suppressed numbers: off, none, filling or complete; and how often it rules nothing out';

CREATE FUNCTION phone_suppress(phone @extschema@.encrypted_phone, reason text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    value @extschema@.encrypted_phone := phone_crypt.number_value(phone);
BEGIN
    PERFORM phone_crypt.check_consent_text(reason, 'reason');
    LOOP
        -- An opt-out ends with the word that takes it back. What was suppressed for another reason stays so.
        UPDATE phone_crypt.suppressed_phones AS s
           SET reason = CASE phone_suppress.reason WHEN 'opt_out' THEN s.reason ELSE phone_suppress.reason END
         WHERE s.phone = ANY (phone_crypt.phone_probes(value));
        IF FOUND THEN
            PERFORM phone_crypt.audit_event('suppressed', NULL, phone_suppress.reason, NULL);
            RETURN false;
        END IF;
        INSERT INTO phone_crypt.suppressed_phones AS s (phone, reason) VALUES (value, phone_suppress.reason)
            ON CONFLICT ON CONSTRAINT suppressed_phones_pkey DO NOTHING;
        IF FOUND THEN
            PERFORM phone_crypt.audit_event('suppressed', NULL, phone_suppress.reason, NULL);
            RETURN true;
        END IF;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION phone_suppress(@extschema@.encrypted_phone, text) IS
    'phone_suppress of an encrypted number';

CREATE FUNCTION phone_suppress(phone text, reason text, regions text DEFAULT 'default') RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN @extschema@.phone_suppress(phone_crypt.number_value(phone, regions), reason);
END;
$$;
COMMENT ON FUNCTION phone_suppress(text, text, text) IS
    'puts a number on the list of those that must not be called or texted; whether it was not there';

CREATE FUNCTION phone_unsuppress(phone @extschema@.encrypted_phone) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM phone_crypt.suppressed_phones AS s
     WHERE s.phone = ANY (phone_crypt.phone_probes(phone_unsuppress.phone));
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM phone_crypt.audit_event('unsuppressed', NULL, NULL, NULL);
    RETURN true;
END;
$$;
COMMENT ON FUNCTION phone_unsuppress(@extschema@.encrypted_phone) IS
    'phone_unsuppress of an encrypted number';

CREATE FUNCTION phone_unsuppress(phone text, regions text DEFAULT 'default') RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN @extschema@.phone_unsuppress(phone_crypt.number_value(phone, regions));
END;
$$;
COMMENT ON FUNCTION phone_unsuppress(text, text) IS
    'takes a number off the list of those that must not be called or texted; whether it was there';

-- All or nothing: there is no COMMIT in it.
CREATE PROCEDURE phone_suppress_import(
    source regclass, "column" name, reason text, regions text DEFAULT 'default'
)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts record;
BEGIN
    PERFORM phone_crypt.check_consent_text(reason, 'reason');
    SELECT i.added, i.repeated, i.refused INTO counts
      FROM phone_crypt.import_suppressions(source, "column"::text, reason, regions) AS i;
    RAISE NOTICE 'phone_suppress_import: added %, known or repeated %, no phone numbers %', counts.added, counts.repeated,
        counts.refused;
END;
$$;
COMMENT ON PROCEDURE phone_suppress_import(regclass, name, text, text) IS
    'puts the numbers in a column of a relation on the list of those that must not be called or texted';
