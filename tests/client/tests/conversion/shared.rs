//! A server that the tests share, each test in a database of its own, and what is asked of a table.

use phone_crypt_client_tests::samples::K1;
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use std::sync::LazyLock;

/// Its key is `K1`.
pub static SERVER: LazyLock<Server> = LazyLock::new(server);

/// Converts `customer.phone`.
pub const CONVERT: &str = "CALL phone_encrypt_column('customer', 'phone')";
/// Drops what `customer.phone` was.
pub const DROP: &str = "CALL phone_drop_plaintext('customer', 'phone')";

/// A new one like it, for tests that stop it.
pub fn server() -> Server {
    server_with_keys(&[K1])
}

/// The same with these keys, the primary one first.
pub fn server_with_keys(keys: &[&str]) -> Server {
    let server = Server::preloaded("max_connections = 100\n");
    let path = server.write_file("keys", keys.join("\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'\n", path.display()));
    server.reload();
    server
}

/// What a table has beside its rows. Where a column stands in it does not matter.
pub fn table_state(client: &mut Client, table: &str) -> Vec<String> {
    let mut state = Vec::new();
    for sql in [
        "SELECT 'column', a.attname, a.atttypid::regtype, a.attnotnull, col_description(a.attrelid, a.attnum),
                coalesce(a.attstattarget, -1), a.attoptions,
                (SELECT array_agg(concat_ws(' ', g.grantee::regrole, g.privilege_type, g.is_grantable) ORDER BY 1)
                   FROM (SELECT (aclexplode(a.attacl)).*) AS g)
           FROM pg_attribute AS a WHERE a.attrelid = $table AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname",
        "SELECT 'index', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, i.indislive, i.indimmediate,
                i.indisprimary, i.indisclustered, i.indisreplident, obj_description(i.indexrelid, 'pg_class')
           FROM pg_index AS i WHERE i.indrelid = $table ORDER BY 2",
        "SELECT 'constraint', c.conname, pg_get_constraintdef(c.oid), c.convalidated, c.condeferrable, c.condeferred,
                obj_description(c.oid, 'pg_constraint')
           FROM pg_constraint AS c WHERE c.conrelid = $table ORDER BY 2",
        "SELECT 'trigger', t.tgname, t.tgenabled, t.tgisinternal FROM pg_trigger AS t WHERE t.tgrelid = $table ORDER BY 2",
        "SELECT 'conversion', c.state FROM phone_crypt.conversions AS c WHERE c.relation = $table",
    ] {
        state.extend(client.rows(&sql.replace("$table", &format!("'{table}'::regclass"))));
    }
    state
}

/// The state of the only conversion of a database; empty where there is none.
pub fn state_of_conversion(client: &mut Client) -> String {
    client
        .rows("SELECT state FROM phone_crypt.conversions")
        .concat()
}

/// Whether a column is of the data type.
pub fn is_encrypted(client: &mut Client, table: &str, column: &str) -> bool {
    let sql = "SELECT (count(*) = 1)::text FROM phone_crypt.encrypted_columns
                WHERE relation = $1::text::regclass AND column_name = $2::text";
    client.text(sql, &[&table, &column]) == "true"
}
