-- The data type: what it is made of. Who may give what as input is checked inside: input functions are called, not
-- executed, so a privilege on them would count for nothing.

CREATE TYPE encrypted_phone;

CREATE FUNCTION encrypted_phone_in(cstring) RETURNS encrypted_phone
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_phone_in';
CREATE FUNCTION encrypted_phone_out(encrypted_phone) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_phone_out';
CREATE FUNCTION encrypted_phone_recv(internal) RETURNS encrypted_phone
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_phone_recv';
CREATE FUNCTION encrypted_phone_send(encrypted_phone) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_send';
CREATE FUNCTION encrypted_phone_analyze(internal) RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_analyze';

CREATE TYPE encrypted_phone (
    INPUT = encrypted_phone_in,
    OUTPUT = encrypted_phone_out,
    RECEIVE = encrypted_phone_recv,
    SEND = encrypted_phone_send,
    ANALYZE = encrypted_phone_analyze,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = main,
    CATEGORY = 'U'
);
COMMENT ON TYPE encrypted_phone IS
    'a phone number, encrypted: compared and looked up by plain text, shown by phone_decrypt()';

-- Plain text is encrypted wherever the type is wanted: this is what makes bound parameters of every driver work, and
-- arrays of them.
CREATE FUNCTION encrypted_phone_from_text(text) RETURNS encrypted_phone
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_phone_from_text';
CREATE FUNCTION encrypted_phone_from_bpchar(character) RETURNS encrypted_phone
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_phone_from_bpchar';
CREATE CAST (text AS encrypted_phone) WITH FUNCTION encrypted_phone_from_text(text) AS IMPLICIT;
CREATE CAST (character varying AS encrypted_phone) WITH FUNCTION encrypted_phone_from_text(text) AS IMPLICIT;
CREATE CAST (character AS encrypted_phone) WITH FUNCTION encrypted_phone_from_bpchar(character) AS IMPLICIT;

-- What the planner puts in the place of a cast that is only compared. Nobody can write an argument of type internal, so
-- nobody can call these.
CREATE FUNCTION encrypted_phone_probe(text, internal) RETURNS encrypted_phone
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_phone_probe';
CREATE FUNCTION encrypted_phone_probe(character, internal) RETURNS encrypted_phone
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_phone_probe_bpchar';
