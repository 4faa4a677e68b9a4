//! A table of phone numbers as an application keeps it, and what two runs of a procedure must leave alike of it.

use postgres::Client;

use crate::session::Sql;

/// Makes the table `customers` with so many rows. Of each hundred 90 are numbers, ten of which repeat the number of
/// the row after them in another spelling; the others are NULL, garbage and numbers with an extension.
pub fn make_customers(client: &mut Client, rows: u32) {
    client.run(&format!(
        "CREATE TABLE customers (id bigint PRIMARY KEY, phone text UNIQUE, visits integer NOT NULL DEFAULT 0,
                                 seen_at timestamptz NOT NULL DEFAULT '2026-01-01'::timestamptz);
         INSERT INTO customers (id, phone, seen_at)
         SELECT i, CASE WHEN i % 50 = 1 THEN 'ask for number ' || i
                        WHEN i % 50 = 2 THEN NULL
                        WHEN i % 50 = 3 THEN '+61 401 ' || to_char(i, 'FM000 000') || ' x' || i
                        WHEN i % 10 = 4 THEN '0401' || to_char(i + 1, 'FM000000')
                        WHEN i % 10 = 6 THEN '+61 401 ' || to_char(i, 'FM000 000')
                        ELSE '+61401' || to_char(i, 'FM000000') END,
                clock_timestamp() - (i % 4) * interval '20 days'
           FROM generate_series(1, {rows}) AS i"
    ));
}

/// Makes values of `phone_encrypt` of the rows of `customers`, with this context.
pub fn make_values(client: &mut Client, context: &str) {
    client.run(&format!(
        "UPDATE customers SET phone = CASE WHEN phone_try_normalize(phone) IS NULL THEN phone_encrypt_raw(phone, '{context}')
                                           ELSE phone_encrypt(phone, '{context}') END"
    ));
}

/// All that two runs of a column procedure must leave equal: rows in plain text with the ids of their keys, columns,
/// indexes, constraints, triggers and jobs.
pub fn table_state(client: &mut Client, table: &str) -> Vec<String> {
    let columns = client.rows(&format!(
        "SELECT CASE WHEN a.atttypid = 'encrypted_phone'::regtype
                     THEN format('phone_show(%1$I), phone_is_number(%1$I), phone_key_id(%1$I)', a.attname)
                     ELSE quote_ident(a.attname) END
           FROM pg_attribute AS a
          WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname"
    ));
    let columns = columns.join(", ");
    let mut state = client.rows(&format!("SELECT {columns} FROM {table} ORDER BY id"));
    for sql in [
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
          WHERE attrelid = $table AND attnum > 0 AND NOT attisdropped ORDER BY attname",
        "SELECT pg_get_indexdef(indexrelid), indisvalid, indimmediate FROM pg_index WHERE indrelid = $table ORDER BY 1",
        "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conrelid = $table ORDER BY 1",
        "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = $table AND NOT tgisinternal ORDER BY 1",
        "SELECT DISTINCT procedure, state, done, total, details FROM phone_crypt.jobs ORDER BY 1, 2, 3, 4, 5",
    ] {
        state.extend(client.rows(&sql.replace("$table", &format!("'{table}'::regclass"))));
    }
    state
}
