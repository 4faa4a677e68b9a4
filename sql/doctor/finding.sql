-- What a check of the doctor gives, and how its sentences are made. A check runs with the rights of the extension's owner
-- (phone_crypt_doctor() is SECURITY DEFINER): it reads catalogues, settings, statistics and the extension's own tables, and calls
-- nothing that a user has made. A finding has names and counts, never a value.

CREATE TYPE phone_crypt.finding AS (severity text, detail text, remedy text);
COMMENT ON TYPE phone_crypt.finding IS
    'what a check of the doctor has found: how bad, what, and what to do';

-- The first names of a list, and how many more there are.
CREATE FUNCTION phone_crypt.some_of(names text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_to_string(names[1:5], ', ')
           || CASE WHEN cardinality(names) > 5 THEN format(' and %s more', cardinality(names) - 5) ELSE '' END
$$;
COMMENT ON FUNCTION phone_crypt.some_of(text[]) IS
    'the first five of a list, and how many more there are';

-- "1 token", "2 tokens".
CREATE FUNCTION phone_crypt.counted(count bigint, one text, several text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count || ' ' || CASE count WHEN 1 THEN one ELSE several END
$$;
COMMENT ON FUNCTION phone_crypt.counted(bigint, text, text) IS
    'a count and what is counted';
