-- Which numbering plans are built in: they decide what a number is.

CREATE VIEW phone_crypt.metadata AS
    SELECT 'libphonenumber'::text AS source, phone_crypt.metadata_version() AS version;
COMMENT ON VIEW phone_crypt.metadata IS
    'where the numbering plans come from, and of which release they are';
