-- Comparisons of the data type, and its operator classes. = and <> are in pg_catalog: elsewhere they would be lost to
-- every search_path that lacks the schema, in IN, USING, NULLIF, IS DISTINCT FROM and restored views. The order is one
-- of tags and means nothing, so it has the names of pattern operators: a plain < would let BETWEEN answer nonsense.

CREATE FUNCTION encrypted_phone_support(internal) RETURNS internal
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_support';
CREATE FUNCTION encrypted_phone_eq(encrypted_phone, encrypted_phone) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT encrypted_phone_support
    AS 'MODULE_PATHNAME', 'encrypted_value_eq';
CREATE FUNCTION encrypted_phone_ne(encrypted_phone, encrypted_phone) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT encrypted_phone_support
    AS 'MODULE_PATHNAME', 'encrypted_value_ne';
CREATE FUNCTION encrypted_phone_lt(encrypted_phone, encrypted_phone) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_lt';
CREATE FUNCTION encrypted_phone_le(encrypted_phone, encrypted_phone) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_le';
CREATE FUNCTION encrypted_phone_ge(encrypted_phone, encrypted_phone) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_ge';
CREATE FUNCTION encrypted_phone_gt(encrypted_phone, encrypted_phone) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_gt';
CREATE FUNCTION encrypted_phone_cmp(encrypted_phone, encrypted_phone) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_cmp';
CREATE FUNCTION encrypted_phone_sortsupport(internal) RETURNS void
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_sortsupport';
CREATE FUNCTION encrypted_phone_hash(encrypted_phone) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_hash';
CREATE FUNCTION encrypted_phone_hash_extended(encrypted_phone, bigint) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'encrypted_value_hash_extended';

CREATE OPERATOR pg_catalog.= (
    LEFTARG = encrypted_phone, RIGHTARG = encrypted_phone, FUNCTION = encrypted_phone_eq,
    COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR pg_catalog.<> (
    LEFTARG = encrypted_phone, RIGHTARG = encrypted_phone, FUNCTION = encrypted_phone_ne,
    COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR ~<~ (
    LEFTARG = encrypted_phone, RIGHTARG = encrypted_phone, FUNCTION = encrypted_phone_lt,
    COMMUTATOR = OPERATOR(@extschema@.~>~), NEGATOR = OPERATOR(@extschema@.~>=~),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR ~<=~ (
    LEFTARG = encrypted_phone, RIGHTARG = encrypted_phone, FUNCTION = encrypted_phone_le,
    COMMUTATOR = OPERATOR(@extschema@.~>=~), NEGATOR = OPERATOR(@extschema@.~>~),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR ~>=~ (
    LEFTARG = encrypted_phone, RIGHTARG = encrypted_phone, FUNCTION = encrypted_phone_ge,
    COMMUTATOR = OPERATOR(@extschema@.~<=~), NEGATOR = OPERATOR(@extschema@.~<~),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR ~>~ (
    LEFTARG = encrypted_phone, RIGHTARG = encrypted_phone, FUNCTION = encrypted_phone_gt,
    COMMUTATOR = OPERATOR(@extschema@.~<~), NEGATOR = OPERATOR(@extschema@.~<=~),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);

-- No equalimage: equal values may differ in their bytes, so an index must not keep one for all.
CREATE OPERATOR CLASS encrypted_phone_ops DEFAULT FOR TYPE encrypted_phone USING btree AS
    OPERATOR 1 @extschema@.~<~,
    OPERATOR 2 @extschema@.~<=~,
    OPERATOR 3 pg_catalog.=,
    OPERATOR 4 @extschema@.~>=~,
    OPERATOR 5 @extschema@.~>~,
    FUNCTION 1 encrypted_phone_cmp(encrypted_phone, encrypted_phone),
    FUNCTION 2 encrypted_phone_sortsupport(internal);
CREATE OPERATOR CLASS encrypted_phone_ops DEFAULT FOR TYPE encrypted_phone USING hash AS
    OPERATOR 1 pg_catalog.=,
    FUNCTION 1 encrypted_phone_hash(encrypted_phone),
    FUNCTION 2 encrypted_phone_hash_extended(encrypted_phone, bigint);
