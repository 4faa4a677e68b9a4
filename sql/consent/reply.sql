-- What somebody answers to a message, taken down as consent.

-- A confirmation is due once. The row of the suppression, or the last event, makes two equal messages wait for each other.
CREATE FUNCTION consent_reply(
    phone @extschema@.encrypted_phone, message text, language text DEFAULT 'en', topic text DEFAULT NULL,
    OUT reply text, OUT changed boolean, OUT confirmation text
) RETURNS record
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    value @extschema@.encrypted_phone := phone_crypt.number_value(phone);
    probes @extschema@.encrypted_phone[] := phone_crypt.phone_probes(value);
    state_before text;
BEGIN
    reply := @extschema@.phone_stop_word(message, language);
    changed := false;
    IF topic IS NOT NULL THEN
        PERFORM phone_crypt.check_consent_text(topic, 'topic');
    END IF;
    IF reply = 'help' THEN
        confirmation := 'help';
    END IF;
    IF reply IS NULL OR reply = 'help' THEN
        RETURN;
    END IF;
    PERFORM FROM phone_crypt.consent_events AS e WHERE e.phone = ANY (probes) ORDER BY e.id DESC LIMIT 1 FOR UPDATE;
    state_before := (SELECT c.state FROM @extschema@.consent_check(value, topic) AS c);
    IF reply = 'stop' THEN
        IF topic IS NULL THEN
            changed := @extschema@.phone_suppress(value, 'opt_out');
            UPDATE phone_crypt.suppressed_phones AS s SET is_confirmable = true WHERE changed AND s.phone = ANY (probes);
        ELSE
            changed := state_before IS DISTINCT FROM 'withdrawn';
        END IF;
        PERFORM @extschema@.consent_record(value, topic, 'withdrawn', 'reply', jsonb_build_object('message', message));
        confirmation := CASE WHEN changed THEN 'opt_out' END;
        RETURN;
    END IF;
    DELETE FROM phone_crypt.suppressed_phones AS s WHERE s.phone = ANY (probes) AND s.reason = 'opt_out';
    changed := FOUND OR state_before IS DISTINCT FROM 'granted';
    IF FOUND THEN
        PERFORM phone_crypt.audit_event('unsuppressed', NULL, NULL, NULL);
    END IF;
    PERFORM @extschema@.consent_record(value, topic, 'granted', 'reply', jsonb_build_object('message', message));
    -- Who is suppressed for another reason is not written to.
    IF changed AND NOT @extschema@.phone_suppressed(value) THEN
        confirmation := 'opt_in';
    END IF;
END;
$$;
COMMENT ON FUNCTION consent_reply(@extschema@.encrypted_phone, text, text, text) IS
    'consent_reply of an encrypted number';

CREATE FUNCTION consent_reply(
    phone text, message text, language text DEFAULT 'en', topic text DEFAULT NULL, regions text DEFAULT 'default',
    OUT reply text, OUT changed boolean, OUT confirmation text
) RETURNS record
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT r.reply, r.changed, r.confirmation INTO reply, changed, confirmation
      FROM @extschema@.consent_reply(phone_crypt.number_value(phone, regions), message, language, topic) AS r;
END;
$$;
COMMENT ON FUNCTION consent_reply(text, text, text, text, text) IS
    'takes down what somebody answers (stop, start, help), and says what may be answered: opt_out, opt_in, help';
