//! Rows of the registry and of the jobs, which an owner of tables may write: what he makes of them leads nobody astray.

use crate::attack::Attack;

const CHANGES: [(&str, &str); 16] = [
    (
        "the encrypted column is another",
        "encrypted_column = 'ctx'",
    ),
    (
        "the encrypted column is no column of the table's",
        "encrypted_column = 'ctid'",
    ),
    (
        "the hash is another column",
        "hash_column = 'phone_encrypted'",
    ),
    ("the hash is nowhere", "hash_column = 'nowhere'"),
    (
        "names are SQL",
        "encrypted_column = 'phone_encrypted) IS NULL OR m.attack() OR (phone_encrypted'",
    ),
    (
        "the context is a column of another type",
        "context_column = 'id'",
    ),
    (
        "the context is a column of the system's",
        "context_column = 'tableoid'",
    ),
    ("the context is no column", "context_column = 'nowhere'"),
    (
        "the plain text's type is SQL",
        "plaintext_type = 'text DEFAULT m.attack()::text'",
    ),
    ("the regions are none", "regions = 'XX,YY'"),
    ("the hash key is unknown", "hash_key_id = '00000000'"),
    (
        "the next hash is another column",
        "next_hash_column = 'ctx', next_hash_key_id = 'a915ee2b', next_hash_scheme = 'derived'",
    ),
    (
        "the plain text is elsewhere",
        "has_plaintext = NOT has_plaintext",
    ),
    (
        "the retention is of another column",
        "retention = '1 day', retention_column = 'ctx'",
    ),
    (
        "the retention is for ever",
        "retention = '100000000 years', retention_column = 'seen'",
    ),
    ("rows are deleted", "on_forget = 'delete'"),
];

/// Each, after the column was encrypted. Whether the change itself is refused does not matter.
pub fn attacks() -> Vec<Attack> {
    let mut attacks: Vec<_> = CHANGES
        .iter()
        .map(|(name, set)| {
            Attack::change(
                name,
                &tried(&format!("UPDATE phone_crypt.columns SET {set}")),
            )
        })
        .collect();
    for (name, sql) in [
        ("the registration is gone", "DELETE FROM phone_crypt.columns"),
        ("the registration is of a view", "CREATE VIEW own.others AS SELECT 1::bigint AS id, m.attack()::text AS phone;
             UPDATE phone_crypt.columns SET relation = 'own.others'::regclass"),
        ("the registration is of somebody else's table", "UPDATE phone_crypt.columns SET relation = 'public.secrets'::regclass"),
        ("a temporary table is registered", "CREATE TEMP TABLE mine (id bigint PRIMARY KEY, phone text, phone_encrypted text, phone_hash text);
             INSERT INTO phone_crypt.columns (relation, column_name, encrypted_column, hash_column, has_plaintext, hash_key_id, hash_scheme)
             VALUES ('mine'::regclass, 'phone', 'phone_encrypted', 'phone_hash', true, 'a915ee2b', 'derived')"),
        // Up to PostgreSQL 15 a table becomes a view and keeps its oid.
        ("the registration is of a table that becomes a view",
            "CREATE TABLE own.fresh (id bigint, phone text, seen timestamptz, ctx text, phone_encrypted text, phone_hash text, phone_raw text);
             UPDATE phone_crypt.columns SET relation = 'own.fresh'::regclass;
             CREATE RULE \"_RETURN\" AS ON SELECT TO own.fresh DO INSTEAD
                 SELECT 1::bigint AS id, 'a'::text AS phone, pg_catalog.now() AS seen, m.attack()::text AS ctx,
                        m.attack()::text AS phone_encrypted, 'b'::text AS phone_hash, 'c'::text AS phone_raw"),
        ("the registration is of no table", "UPDATE phone_crypt.columns SET relation = 4294967295::oid::regclass"),
        ("the jobs are made up", "INSERT INTO phone_crypt.jobs (procedure, relation, column_name, details, total, done)
             VALUES ('phone_rotate_column', 'own.customers', 'phone', '{\"a\": \"not a number\"}', -1, 9223372036854775807)"),
        ("the counts are SQL", "UPDATE phone_crypt.jobs SET details = '[1, 2]', state = 'running'"),
    ] {
        attacks.push(Attack::change(name, &tried(sql)));
    }
    attacks
}

fn tried(sql: &str) -> String {
    let sql = sql.replace('\'', "''");
    format!("DO $$ BEGIN EXECUTE '{sql}'; EXCEPTION WHEN OTHERS THEN NULL; END $$")
}
