//! A table of phone numbers as an application keeps it, and what must hold of it while and after it is encrypted.

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

/// How many rows of `customers` say one thing in plain text and another encrypted. A hash may be missing; what the
/// number and its hash do not tell of the plain text, the original does.
pub const DISAGREEING: &str = "SELECT count(*) FROM customers AS c WHERE NOT coalesce(
     CASE WHEN c.phone IS NULL
          THEN c.phone_encrypted IS NULL AND c.phone_hash IS NULL AND c.phone_raw IS NULL
          WHEN phone_try_normalize(c.phone) IS NULL
          THEN c.phone_encrypted IS NULL AND c.phone_hash IS NULL AND phone_decrypt_raw(c.phone_raw) = c.phone
          ELSE phone_decrypt(c.phone_encrypted) = phone_normalize(c.phone)
               AND (c.phone_hash = phone_hash(c.phone)) IS NOT false
               AND coalesce(phone_decrypt_raw(c.phone_raw) = c.phone,
                            c.phone NOT LIKE '% x%' AND (c.phone_hash IS NOT NULL OR c.phone = phone_normalize(c.phone)))
     END, false)";

/// How many rows of `customers` have no hash, although no other row has it.
pub const WITHOUT_HASH: &str = "SELECT count(*) FROM customers AS c
      WHERE c.phone_encrypted IS NOT NULL AND c.phone_hash IS NULL
        AND NOT EXISTS (SELECT FROM customers AS o WHERE o.phone_hash = phone_hash(phone_decrypt(c.phone_encrypted)))";

/// All that two runs of a column procedure must leave equal: rows in plain text with the ids of their keys, hashes,
/// columns, indexes, triggers, registrations and jobs.
pub fn table_state(client: &mut Client, table: &str) -> Vec<String> {
    let columns = client.rows(&format!(
        "SELECT CASE WHEN a.attname = c.encrypted_column
                     THEN format('phone_decrypt(%1$I), phone_key_id(%1$I)', a.attname)
                     WHEN a.attname = c.raw_column
                     THEN format('phone_decrypt_raw(%1$I), phone_key_id(%1$I)', a.attname)
                     ELSE quote_ident(a.attname) END
           FROM pg_attribute AS a LEFT JOIN phone_crypt.columns AS c ON c.relation = a.attrelid
          WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname"
    ));
    let columns = columns.join(", ");
    let mut state = client.rows(&format!("SELECT {columns} FROM {table} ORDER BY id"));
    for sql in [
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
          WHERE attrelid = $table AND attnum > 0 AND NOT attisdropped ORDER BY attname",
        "SELECT indexdef FROM pg_indexes WHERE format('%I.%I', schemaname, tablename)::regclass = $table ORDER BY 1",
        "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = $table ORDER BY 1",
        "SELECT to_jsonb(c) - 'registered_at' FROM phone_crypt.columns AS c ORDER BY 1",
        "SELECT DISTINCT procedure, state, done, total, details FROM phone_crypt.jobs ORDER BY 1, 2, 3, 4, 5",
    ] {
        state.extend(client.rows(&sql.replace("$table", &format!("'{table}'::regclass"))));
    }
    state
}
