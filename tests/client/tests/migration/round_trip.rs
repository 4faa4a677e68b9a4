//! To encrypted and back: what every table must come through unharmed.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::disagreeing;

/// All that is to be as before: rows, and the column's type.
fn everything(client: &mut Client, table: &str, column: &str) -> Vec<String> {
    // In one order, whatever the order of the columns.
    let mut all = client.rows(&format!(
        "SELECT to_jsonb(t)::text FROM {table} AS t ORDER BY 1"
    ));
    all.extend(client.rows(&format!(
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
          WHERE attrelid = '{}'::regclass AND NOT attisdropped AND quote_ident(attname) = '{}'",
        table.replace('\'', "''"),
        column.replace('\'', "''")
    )));
    all
}

/// The name of a table or column without quotes, for a parameter.
fn bare(name: &str) -> String {
    match name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
    {
        Some(name) => name.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

fn call(client: &mut Client, procedure: &str, table: &str, column: &str, more: &str) {
    let column = bare(column).replace('\'', "''");
    let table = table.replace('\'', "''");
    client.run(&format!("CALL {procedure}('{table}', '{column}'{more})"));
}

/// Encrypts the column, each original kept, drops the plain text, changes the key of nothing, and decrypts it again.
/// `table` and `column` are as SQL writes them.
pub fn there_and_back(client: &mut Client, table: &str, column: &str) {
    let before = everything(client, table, column);
    assert!(before.len() > 2, "too few rows to prove anything");
    let more = ", keep_original => true, encrypted_column => 'e_encrypted', hash_column => 'e_hash', raw_column => 'e_raw'";
    call(client, "phone_add_encrypted_column", table, column, more);
    let pending =
        format!("SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND e_raw IS NULL");
    assert_eq!(client.number(&pending), 0, "rows that were left out");
    let wrong = format!(
        "SELECT count(*) FROM {table} AS t
          WHERE phone_decrypt(e_encrypted) IS DISTINCT FROM phone_try_normalize(t.{column}::text)
             OR e_hash IS DISTINCT FROM phone_hash(phone_try_normalize(t.{column}::text))
             OR phone_decrypt_raw(e_raw) IS DISTINCT FROM t.{column}::text"
    );
    assert_eq!(client.number(&wrong), 0, "rows that say something else");
    call(client, "phone_drop_plaintext", table, column, "");
    call(client, "phone_rotate_column", table, column, ", true");
    call(client, "phone_decrypt_column", table, column, "");
    assert_eq!(everything(client, table, column), before);
}

/// Encrypts the column and checks it.
pub fn there(client: &mut Client, table: &str, column: &str) {
    call(client, "phone_add_encrypted_column", table, column, "");
    assert_eq!(disagreeing(client, table, column), 0);
}
