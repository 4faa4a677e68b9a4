-- State (tables, views) lives in a schema of its own, so that it cannot meet an application's own tables.
-- CREATE SCHEMA without IF NOT EXISTS: a schema that somebody prepared beforehand is not to be trusted.
CREATE SCHEMA phone_crypt;
COMMENT ON SCHEMA phone_crypt IS 'phone_crypt: state and views';
GRANT USAGE ON SCHEMA phone_crypt TO PUBLIC;

-- The trigger of the tables that backends remember.
CREATE FUNCTION phone_crypt.announce_change() RETURNS trigger
    LANGUAGE c AS 'MODULE_PATHNAME', 'announce_change_wrapper';
REVOKE EXECUTE ON FUNCTION phone_crypt.announce_change() FROM PUBLIC;
COMMENT ON FUNCTION phone_crypt.announce_change() IS
    'makes every backend read the table again';
