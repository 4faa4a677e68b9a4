-- When a number may be called or texted: not by night, wherever its line may be.

-- Zones differ: where one ends its quiet hours, another may begin them. Without a zone, UTC. PostgreSQL's rules hold for local
-- times that a change of the clock skips or repeats.
CREATE FUNCTION phone_quiet_until_in(
    time_zones text[], quiet_from time DEFAULT '21:00', quiet_to time DEFAULT '08:00', at timestamptz DEFAULT pg_catalog.now()
) RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment timestamptz := at;
    zone text;
    here timestamp;
    ends timestamptz;
    latest timestamptz;
BEGIN
    IF quiet_from IS NULL OR quiet_to IS NULL OR at IS NULL OR array_position(time_zones, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'time zones, quiet_from, quiet_to and at must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT isfinite(at) THEN
        RAISE EXCEPTION 'at must be a moment' USING ERRCODE = 'invalid_parameter_value';
    ELSIF time_zones IS NULL THEN
        RETURN NULL;
    ELSIF cardinality(time_zones) = 0 THEN
        time_zones := ARRAY['UTC'];
    END IF;
    WHILE moment <= at + interval '3 days' LOOP
        latest := NULL;
        FOREACH zone IN ARRAY time_zones LOOP
            here := moment AT TIME ZONE zone;
            IF (CASE WHEN quiet_from <= quiet_to THEN here::time >= quiet_from AND here::time < quiet_to
                     ELSE here::time >= quiet_from OR here::time < quiet_to END) THEN
                ends := (here::date + CASE WHEN here::time < quiet_to THEN 0 ELSE 1 END + quiet_to) AT TIME ZONE zone;
                -- In an hour that comes twice, the end may have been in the first: the second is over it, too, when it is here.
                latest := greatest(latest, CASE WHEN ends > moment THEN ends ELSE ends + interval '1 hour' END);
            END IF;
        END LOOP;
        IF latest IS NULL THEN
            RETURN nullif(moment, at);
        END IF;
        moment := latest;
    END LOOP;
    RETURN 'infinity';
EXCEPTION WHEN invalid_parameter_value THEN
    -- PostgreSQL's own message shows the zone, and somebody may have given a number.
    IF isfinite(at) THEN
        RAISE EXCEPTION 'unknown time zone' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'pg_timezone_names has those that this server knows.';
    END IF;
    RAISE;
END;
$$;
COMMENT ON FUNCTION phone_quiet_until_in(text[], time, time, timestamptz) IS
    'NULL where it is no quiet hour in any of the time zones, else when it will be none; infinity: never';

CREATE FUNCTION phone_quiet_until(
    phone text, quiet_from time DEFAULT '21:00', quiet_to time DEFAULT '08:00', at timestamptz DEFAULT pg_catalog.now()
) RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN @extschema@.phone_quiet_until_in(@extschema@.phone_timezones(phone), quiet_from, quiet_to, at);
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
    RETURN @extschema@.phone_quiet_until_in(@extschema@.phone_timezones(phone), quiet_from, quiet_to, at);
END;
$$;
COMMENT ON FUNCTION phone_quiet_until(@extschema@.encrypted_phone, time, time, timestamptz) IS
    'phone_quiet_until of an encrypted number';

-- Behind phone_send_check, which is to find it wherever the extension is.
CREATE FUNCTION phone_crypt.quiet_until_of_zones(time_zones text[], quiet_from time, quiet_to time) RETURNS timestamptz
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN @extschema@.phone_quiet_until_in(time_zones, quiet_from, quiet_to, clock_timestamp());
END;
$$;
COMMENT ON FUNCTION phone_crypt.quiet_until_of_zones(text[], time, time) IS
    'behind phone_send_check: phone_quiet_until_in, at this moment';
