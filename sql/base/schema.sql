-- State (tables, views) lives in a schema of its own, so that it cannot meet an application's own tables.
-- CREATE SCHEMA without IF NOT EXISTS: a schema that somebody prepared beforehand is not to be trusted.
CREATE SCHEMA phone_crypt;
COMMENT ON SCHEMA phone_crypt IS 'phone_crypt: state and views';
GRANT USAGE ON SCHEMA phone_crypt TO PUBLIC;
