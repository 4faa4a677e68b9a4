-- Numbers that clients send as text. In SQL, since numeric is PostgreSQL's.

-- At most 1,000 digits and an exponent of three, so that the cast cannot fail.
CREATE FUNCTION validate_range(input text, minimum numeric DEFAULT NULL, maximum numeric DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF minimum > maximum THEN
        RAISE EXCEPTION 'minimum must not be more than maximum' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN CASE
        WHEN input IS NULL THEN 'missing'
        WHEN length(input) > 1000 OR input !~ '^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]{1,3})?$' COLLATE "C"
            THEN 'not_a_number'
        WHEN input::numeric < minimum THEN 'too_small'
        WHEN input::numeric > maximum THEN 'too_large'
        ELSE 'ok'
    END;
END;
$$;
COMMENT ON FUNCTION validate_range(text, numeric, numeric) IS
    'ok, or what is wrong with a number as JSON writes it: missing, not_a_number, too_small, too_large';
