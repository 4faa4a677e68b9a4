-- The data type encrypted_email: made like encrypted_phone, of the same machine. Values of one are none of the other, and no cast
-- leads from one to the other.

CREATE TYPE encrypted_email;

CREATE FUNCTION encrypted_email_in(cstring) RETURNS encrypted_email
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_email_in';
CREATE FUNCTION encrypted_email_out(encrypted_email) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_email_out';
CREATE FUNCTION encrypted_email_recv(internal) RETURNS encrypted_email
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_email_recv';
CREATE FUNCTION encrypted_email_send(encrypted_email) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_send';
CREATE FUNCTION encrypted_email_analyze(internal) RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_analyze';

CREATE TYPE encrypted_email (
    INPUT = encrypted_email_in,
    OUTPUT = encrypted_email_out,
    RECEIVE = encrypted_email_recv,
    SEND = encrypted_email_send,
    ANALYZE = encrypted_email_analyze,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = main,
    CATEGORY = 'U'
);
COMMENT ON TYPE encrypted_email IS
    'an e-mail address, encrypted: compared and looked up by plain text, shown by email_decrypt()';

-- Plain text is encrypted wherever the type is wanted.
CREATE FUNCTION encrypted_email_from_text(text) RETURNS encrypted_email
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_email_from_text';
CREATE FUNCTION encrypted_email_from_bpchar(character) RETURNS encrypted_email
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_email_from_bpchar';
CREATE CAST (text AS encrypted_email) WITH FUNCTION encrypted_email_from_text(text) AS IMPLICIT;
CREATE CAST (character varying AS encrypted_email) WITH FUNCTION encrypted_email_from_text(text) AS IMPLICIT;
CREATE CAST (character AS encrypted_email) WITH FUNCTION encrypted_email_from_bpchar(character) AS IMPLICIT;

CREATE FUNCTION encrypted_email_probe(text, internal) RETURNS encrypted_email
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_email_probe';
CREATE FUNCTION encrypted_email_probe(character, internal) RETURNS encrypted_email
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_email_probe_bpchar';
