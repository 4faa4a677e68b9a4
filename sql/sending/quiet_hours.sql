-- When a number may be called or texted: not by night, wherever its line may be.

-- The end of the quiet hours of one time zone, NULL outside of them. PostgreSQL's rules hold for local times that a change of
-- the clock skips or repeats.
CREATE FUNCTION phone_crypt.quiet_end(zone text, quiet_from time, quiet_to time, at timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    here timestamp;
    ends timestamptz;
BEGIN
    BEGIN
        here := at AT TIME ZONE zone;
    EXCEPTION WHEN invalid_parameter_value THEN
        -- PostgreSQL's own message shows it, and somebody may have given a number.
        RAISE EXCEPTION 'unknown time zone' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The server''s time zone database lacks one that phone_timezones() gives.';
    END;
    IF NOT (CASE WHEN quiet_from <= quiet_to THEN here::time >= quiet_from AND here::time < quiet_to
                 ELSE here::time >= quiet_from OR here::time < quiet_to END) THEN
        RETURN NULL;
    END IF;
    ends := (here::date + CASE WHEN here::time < quiet_to THEN 0 ELSE 1 END + quiet_to) AT TIME ZONE zone;
    -- In an hour that comes twice, the end may have been in the first: the second is over it, too, when it is here.
    RETURN CASE WHEN ends > at THEN ends ELSE ends + interval '1 hour' END;
END;
$$;
COMMENT ON FUNCTION phone_crypt.quiet_end(text, time, time, timestamptz) IS
    'the end of the quiet hours of a time zone; NULL outside of them';

-- Zones differ: where one ends its quiet hours, another may begin them. Without a zone, UTC.
CREATE FUNCTION phone_crypt.quiet_until(zones text[], quiet_from time, quiet_to time, at timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment timestamptz := at;
    ends timestamptz;
BEGIN
    IF quiet_from IS NULL OR quiet_to IS NULL OR at IS NULL THEN
        RAISE EXCEPTION 'quiet_from, quiet_to and at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT isfinite(at) THEN
        RAISE EXCEPTION 'at must be a moment' USING ERRCODE = 'invalid_parameter_value';
    ELSIF zones IS NULL THEN
        RETURN NULL;
    END IF;
    IF cardinality(zones) = 0 THEN
        zones := ARRAY['UTC'];
    END IF;
    LOOP
        SELECT max(phone_crypt.quiet_end(z.zone, quiet_from, quiet_to, moment)) INTO ends FROM unnest(zones) AS z (zone);
        EXIT WHEN ends IS NULL;
        moment := ends;
        IF moment > at + interval '3 days' THEN
            RETURN 'infinity';
        END IF;
    END LOOP;
    RETURN nullif(moment, at);
END;
$$;
COMMENT ON FUNCTION phone_crypt.quiet_until(text[], time, time, timestamptz) IS
    'behind phone_quiet_until: the first moment that is in none of the zones'' quiet hours';

CREATE FUNCTION phone_quiet_until(
    phone text, quiet_from time DEFAULT '21:00', quiet_to time DEFAULT '08:00', at timestamptz DEFAULT pg_catalog.now()
) RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN phone_crypt.quiet_until(@extschema@.phone_timezones(phone), quiet_from, quiet_to, at);
END;
$$;
COMMENT ON FUNCTION phone_quiet_until(text, time, time, timestamptz) IS
    'NULL where it is no quiet hour in any time zone that the number may be in, else when it will be none; infinity: never';

CREATE FUNCTION phone_quiet_until(
    phone @extschema@.encrypted_phone, quiet_from time DEFAULT '21:00', quiet_to time DEFAULT '08:00',
    at timestamptz DEFAULT pg_catalog.now()
) RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN phone_crypt.quiet_until(@extschema@.phone_timezones(phone), quiet_from, quiet_to, at);
END;
$$;
COMMENT ON FUNCTION phone_quiet_until(@extschema@.encrypted_phone, time, time, timestamptz) IS
    'phone_quiet_until of an encrypted number';
