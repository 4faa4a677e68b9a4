-- Comparisons of encrypted_email, and its operator classes: those of encrypted_phone, whose C functions compare values of both.

CREATE FUNCTION encrypted_email_support(internal) RETURNS internal
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_support';
CREATE FUNCTION encrypted_email_eq(encrypted_email, encrypted_email) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT encrypted_email_support
    AS 'MODULE_PATHNAME', 'encrypted_value_eq';
CREATE FUNCTION encrypted_email_ne(encrypted_email, encrypted_email) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT encrypted_email_support
    AS 'MODULE_PATHNAME', 'encrypted_value_ne';
CREATE FUNCTION encrypted_email_lt(encrypted_email, encrypted_email) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_lt';
CREATE FUNCTION encrypted_email_le(encrypted_email, encrypted_email) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_le';
CREATE FUNCTION encrypted_email_ge(encrypted_email, encrypted_email) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_ge';
CREATE FUNCTION encrypted_email_gt(encrypted_email, encrypted_email) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_gt';
CREATE FUNCTION encrypted_email_cmp(encrypted_email, encrypted_email) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_cmp';
CREATE FUNCTION encrypted_email_sortsupport(internal) RETURNS void
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_sortsupport';
CREATE FUNCTION encrypted_email_hash(encrypted_email) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_hash';
CREATE FUNCTION encrypted_email_hash_extended(encrypted_email, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_hash_extended';

CREATE OPERATOR pg_catalog.= (
    LEFTARG = encrypted_email, RIGHTARG = encrypted_email, FUNCTION = encrypted_email_eq,
    COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR pg_catalog.<> (
    LEFTARG = encrypted_email, RIGHTARG = encrypted_email, FUNCTION = encrypted_email_ne,
    COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR ~<~ (
    LEFTARG = encrypted_email, RIGHTARG = encrypted_email, FUNCTION = encrypted_email_lt,
    COMMUTATOR = OPERATOR(@extschema@.~>~), NEGATOR = OPERATOR(@extschema@.~>=~),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR ~<=~ (
    LEFTARG = encrypted_email, RIGHTARG = encrypted_email, FUNCTION = encrypted_email_le,
    COMMUTATOR = OPERATOR(@extschema@.~>=~), NEGATOR = OPERATOR(@extschema@.~>~),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR ~>=~ (
    LEFTARG = encrypted_email, RIGHTARG = encrypted_email, FUNCTION = encrypted_email_ge,
    COMMUTATOR = OPERATOR(@extschema@.~<=~), NEGATOR = OPERATOR(@extschema@.~<~),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR ~>~ (
    LEFTARG = encrypted_email, RIGHTARG = encrypted_email, FUNCTION = encrypted_email_gt,
    COMMUTATOR = OPERATOR(@extschema@.~<~), NEGATOR = OPERATOR(@extschema@.~<=~),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

CREATE OPERATOR CLASS encrypted_email_ops DEFAULT FOR TYPE encrypted_email USING btree AS
    OPERATOR 1 @extschema@.~<~,
    OPERATOR 2 @extschema@.~<=~,
    OPERATOR 3 pg_catalog.=,
    OPERATOR 4 @extschema@.~>=~,
    OPERATOR 5 @extschema@.~>~,
    FUNCTION 1 encrypted_email_cmp(encrypted_email, encrypted_email),
    FUNCTION 2 encrypted_email_sortsupport(internal);
CREATE OPERATOR CLASS encrypted_email_ops DEFAULT FOR TYPE encrypted_email USING hash AS
    OPERATOR 1 pg_catalog.=,
    FUNCTION 1 encrypted_email_hash(encrypted_email),
    FUNCTION 2 encrypted_email_hash_extended(encrypted_email, bigint);
