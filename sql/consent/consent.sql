-- What people have agreed to: a history that is only added to. Which event decides is in crates/core/src/sending/consent.rs.

CREATE SEQUENCE phone_crypt.consent_event_ids AS bigint;
COMMENT ON SEQUENCE phone_crypt.consent_event_ids IS
    'the numbers of consent events, in the order of their arrival';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.consent_event_ids', '');

CREATE TABLE phone_crypt.consent_events (
    -- The first five columns are read by position (src/consent/events.rs).
    phone       @extschema@.encrypted_phone NOT NULL,
    id          bigint      NOT NULL DEFAULT pg_catalog.nextval('phone_crypt.consent_event_ids'),
    topic       text        COLLATE "C",  -- NULL: all topics
    state       text        COLLATE "C" NOT NULL
                CHECK (state OPERATOR(pg_catalog.=) ANY (ARRAY['granted', 'denied', 'withdrawn'])),
    at          timestamptz NOT NULL,
    source      text        NOT NULL,
    -- A value of phone_encrypt_raw(), bound to the row's id.
    evidence    text        COLLATE "C",
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    recorded_by text        NOT NULL DEFAULT SESSION_USER,
    PRIMARY KEY (phone, id)
);
COMMENT ON TABLE phone_crypt.consent_events IS
    'what people have agreed to, and took back; written by consent_record()';
SELECT pg_catalog.pg_extension_config_dump('phone_crypt.consent_events', '');
CREATE TRIGGER keep_events
    BEFORE UPDATE OR DELETE OR TRUNCATE ON phone_crypt.consent_events
    FOR EACH STATEMENT EXECUTE FUNCTION phone_crypt.keep_consent_events();

-- A text of somebody's that is kept and shown: a topic, a source, a reason.
CREATE FUNCTION phone_crypt.check_consent_text(value text, title text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A message shows nothing that somebody may have put there.
    IF title <> ALL (ARRAY['topic', 'source', 'reason']) THEN
        title := 'the text';
    END IF;
    IF value IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', title USING ERRCODE = 'null_value_not_allowed';
    ELSIF octet_length(value) NOT BETWEEN 1 AND 200 THEN
        RAISE EXCEPTION '% has 1 to 200 bytes', title USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION phone_crypt.check_consent_text(text, text) IS
    'refuses a topic, source or reason that is NULL, empty or too long';

-- SECURITY DEFINER here and below: whoever may record need not own the tables.
CREATE FUNCTION consent_record(
    phone @extschema@.encrypted_phone, topic text, state text, source text, evidence jsonb DEFAULT NULL,
    at timestamptz DEFAULT NULL
) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    value @extschema@.encrypted_phone := phone_crypt.number_value(phone);
    id bigint;
BEGIN
    IF topic IS NOT NULL THEN
        PERFORM phone_crypt.check_consent_text(topic, 'topic');
    END IF;
    PERFORM phone_crypt.check_consent_text(source, 'source');
    IF state IS NULL THEN
        RAISE EXCEPTION 'state must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF state <> ALL (ARRAY['granted', 'denied', 'withdrawn']) THEN
        RAISE EXCEPTION 'state is one of: granted, denied, withdrawn' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT isfinite(at) THEN
        RAISE EXCEPTION 'at must be a moment' USING ERRCODE = 'invalid_parameter_value';
    -- It would decide over everything that happens until then. Clocks of other servers may be ahead.
    ELSIF at > clock_timestamp() + interval '5 minutes' THEN
        RAISE EXCEPTION 'at must not be in the future' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    id := nextval('phone_crypt.consent_event_ids');
    INSERT INTO phone_crypt.consent_events AS e (phone, id, topic, state, at, source, evidence)
        VALUES (value, id, topic, state, coalesce(at, clock_timestamp()), source,
                @extschema@.phone_encrypt_raw(evidence::text, 'phone_crypt.consent_events' || E'\x1F' || id));
    PERFORM phone_crypt.audit_event('consent_recorded', NULL, state, NULL);
    RETURN id;
END;
$$;
COMMENT ON FUNCTION consent_record(@extschema@.encrypted_phone, text, text, text, jsonb, timestamptz) IS
    'consent_record of an encrypted number';

CREATE FUNCTION consent_record(
    phone text, topic text, state text, source text, evidence jsonb DEFAULT NULL, at timestamptz DEFAULT NULL,
    regions text DEFAULT 'default'
) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN @extschema@.consent_record(phone_crypt.number_value(phone, regions), topic, state, source, evidence, at);
END;
$$;
COMMENT ON FUNCTION consent_record(text, text, text, text, jsonb, timestamptz, text) IS
    'adds to the history of consent: granted, denied or withdrawn, for a topic or all; the number of the event';

CREATE FUNCTION consent_history(phone @extschema@.encrypted_phone)
    RETURNS TABLE (id bigint, topic text, state text, at timestamptz, source text, evidence jsonb, recorded_at timestamptz,
                   recorded_by text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF consent_history.phone IS NOT NULL THEN
        RETURN QUERY
            SELECT e.id, e.topic, e.state, e.at, e.source,
                   @extschema@.phone_decrypt_raw(e.evidence, 'phone_crypt.consent_events' || E'\x1F' || e.id)::jsonb,
                   e.recorded_at, e.recorded_by
              FROM phone_crypt.consent_events AS e
             WHERE e.phone = ANY (phone_crypt.phone_probes(consent_history.phone))
             ORDER BY e.at DESC, e.id DESC;
    END IF;
END;
$$;
COMMENT ON FUNCTION consent_history(@extschema@.encrypted_phone) IS
    'consent_history of an encrypted number';

CREATE FUNCTION consent_history(phone text, regions text DEFAULT 'default')
    RETURNS TABLE (id bigint, topic text, state text, at timestamptz, source text, evidence jsonb, recorded_at timestamptz,
                   recorded_by text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF phone IS NOT NULL THEN
        RETURN QUERY SELECT * FROM @extschema@.consent_history(phone_crypt.number_value(phone, regions));
    END IF;
END;
$$;
COMMENT ON FUNCTION consent_history(text, text) IS
    'what is recorded of a number''s consent, the newest first, with the evidence';
