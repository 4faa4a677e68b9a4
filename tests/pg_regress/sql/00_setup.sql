-- Runs first: what the other files use to show an error as one line, with its SQLSTATE,
-- and without the file, line and CONTEXT that differ from server to server.
CREATE SCHEMA t;
GRANT USAGE ON SCHEMA t TO PUBLIC;

-- The text of an error: SQLSTATE, message, detail, hint.
CREATE FUNCTION t.error_text(state text, message text, detail text, hint text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT state || ' ' || message
        || CASE WHEN detail <> '' THEN ' | DETAIL: ' || detail ELSE '' END
        || CASE WHEN hint <> '' THEN ' | HINT: ' || hint ELSE '' END
$$;

-- The value of an expression over $1, $2 and $3, or the error that it raises.
CREATE FUNCTION t.outcome(expression text, a text = NULL, b text = NULL, c text = NULL) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    result text;
    message text;
    detail text;
    hint text;
BEGIN
    EXECUTE 'SELECT (' || expression || ')::text' INTO result USING a, b, c;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN t.error_text(SQLSTATE, message, detail, hint);
END;
$$;

-- 'done', or the error of a command.
CREATE FUNCTION t.command(command text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
    hint text;
BEGIN
    EXECUTE command;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN t.error_text(SQLSTATE, message, detail, hint);
END;
$$;

-- A value with one hex digit changed, whatever digit it is.
CREATE FUNCTION t.flip(value text, digit integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT overlay(value placing translate(substr(value, digit, 1), '0123456789abcdef', '123456789abcdef0') from digit for 1)
$$;

SELECT t.flip('0f', 1), t.flip('0f', 2);
SELECT t.outcome('$1::integer + 1', '41'), t.outcome('1 / 0'), t.command('SELECT 1 / 0');
