//! Every procedure, the table that it is called on, and what it must leave there.

use phone_crypt_client_tests::customers::{make_customers, make_values, table_state};
use phone_crypt_client_tests::samples::{K1, K2};
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::legacy::make_people;
use crate::limits::{limits_state, make_rate_limits};

/// Many batches, so that a run is stopped between any two of many COMMITs.
const ROWS: u32 = 5_000;

/// Of plain text.
const ENCRYPT: &str =
    "CALL phone_encrypt_column('customers', 'phone', duplicates => 'text', batch_size => 100)";
/// Of values.
const READ: &str = "CALL phone_encrypt_column('customers', 'phone', duplicates => 'text', batch_size => 100, context => 'shop')";

/// A procedure.
pub struct Case {
    /// Keys when the table is made.
    pub keys_before: String,
    /// Keys when the procedure is called.
    pub keys: String,
    /// Makes the table.
    pub prepare: fn(&mut Client),
    /// Calls the procedure.
    pub call: &'static str,
    /// What is there now.
    pub state: fn(&mut Client) -> Vec<String>,
}

fn keys(primary: &str, previous: &str) -> String {
    format!(
        "phone_crypt.encryption_key = '{primary}'\nphone_crypt.previous_keys = '{previous}'\n\
         phone_crypt.ratelimit_engine = 'table'\n"
    )
}

fn case(
    prepare: fn(&mut Client),
    call: &'static str,
    state: fn(&mut Client) -> Vec<String>,
) -> Case {
    Case {
        keys_before: keys(K1, K2),
        keys: keys(K1, K2),
        prepare,
        call,
        state,
    }
}

fn customers(client: &mut Client) {
    make_customers(client, ROWS);
}

fn values(client: &mut Client) {
    customers(client);
    make_values(client, "shop");
    client.run(
        "DELETE FROM customers WHERE phone IS NULL; ALTER TABLE customers ALTER phone SET NOT NULL",
    );
}

fn encrypted(client: &mut Client) {
    customers(client);
    client.run(ENCRYPT);
}

/// No two rows of one number: the way back has room for each.
fn encrypted_once(client: &mut Client) {
    customers(client);
    client.run("DELETE FROM customers WHERE id % 10 = 4");
    client.run(ENCRYPT);
}

/// In two partitions, and unique in each.
fn partitioned(client: &mut Client) {
    customers(client);
    client.run(
        "ALTER TABLE customers RENAME TO whole; ALTER INDEX customers_pkey RENAME TO whole_pkey;
         CREATE TABLE customers (id bigint, phone text, visits integer NOT NULL DEFAULT 0, seen_at timestamptz NOT NULL, half bigint,
                                 PRIMARY KEY (id, half), UNIQUE (phone, half)) PARTITION BY LIST (half);
         CREATE TABLE one PARTITION OF customers FOR VALUES IN (0); CREATE TABLE other PARTITION OF customers FOR VALUES IN (1);
         INSERT INTO customers SELECT w.*, w.id / 10 % 2 FROM whole AS w; DROP TABLE whole",
    );
}

fn partitioned_and_encrypted(client: &mut Client) {
    partitioned(client);
    client.run("DELETE FROM customers WHERE id % 10 = 4");
    client.run(ENCRYPT);
}

fn read(client: &mut Client) {
    values(client);
    client.run(READ);
}

fn without_plaintext(client: &mut Client) {
    encrypted(client);
    client.run("CALL phone_drop_plaintext('customers', 'phone')");
}

fn rate_limits(client: &mut Client) {
    make_rate_limits(client, ROWS);
}

fn people(client: &mut Client) {
    make_people(client, ROWS);
}

fn with_retention(client: &mut Client) {
    without_plaintext(client);
    client.run("SELECT phone_column_policy('customers', 'phone', 'delete', '30 days', 'seen_at')");
}

fn customers_state(client: &mut Client) -> Vec<String> {
    table_state(client, "customers")
}

fn people_state(client: &mut Client) -> Vec<String> {
    table_state(client, "people")
}

/// `phone_encrypt_column` of plain text.
pub fn encrypt() -> Case {
    case(customers, ENCRYPT, customers_state)
}

/// The same of a unique column of a partitioned table.
pub fn encrypt_partitioned() -> Case {
    case(partitioned, ENCRYPT, customers_state)
}

/// And back.
pub fn decrypt_partitioned() -> Case {
    case(
        partitioned_and_encrypted,
        "CALL phone_decrypt_column('customers', 'phone', batch_size => 100)",
        customers_state,
    )
}

/// `phone_encrypt_column` of values.
pub fn encrypt_values() -> Case {
    case(values, READ, customers_state)
}

/// `phone_drop_plaintext`, of values.
pub fn drop_plaintext() -> Case {
    case(
        read,
        "CALL phone_drop_plaintext('customers', 'phone')",
        customers_state,
    )
}

/// `phone_decrypt_column`.
pub fn decrypt() -> Case {
    case(
        encrypted_once,
        "CALL phone_decrypt_column('customers', 'phone', batch_size => 100)",
        customers_state,
    )
}

/// `phone_rotate_column`, after the primary key has been changed.
pub fn rotate() -> Case {
    Case {
        keys: format!("{}phone_crypt.hash_key_id = 'a915ee2b'\n", keys(K2, K1)),
        ..case(
            without_plaintext,
            "CALL phone_rotate_column('customers', 'phone', batch_size => 100)",
            customers_state,
        )
    }
}

/// `phone_import_legacy_column`.
pub fn import() -> Case {
    case(
        people,
        "CALL phone_import_legacy_column('people', 'phone', 'cbc', batch_size => 100)",
        people_state,
    )
}

/// `phone_purge_expired`.
pub fn purge() -> Case {
    case(
        with_retention,
        "CALL phone_purge_expired(batch_size => 50)",
        customers_state,
    )
}

/// `phone_migrate_rate_limits`, in place.
pub fn migrate() -> Case {
    case(
        rate_limits,
        "CALL phone_migrate_rate_limits('public.rate_limits', batch_size => 100)",
        limits_state,
    )
}

/// `phone_migrate_rate_limits`, into the engine.
pub fn migrate_into_engine() -> Case {
    case(
        rate_limits,
        "CALL phone_migrate_rate_limits('public.rate_limits', target => 'phone_crypt.rate_limits', batch_size => 100)",
        limits_state,
    )
}

impl Case {
    /// Makes the table in a new database of the server, then gives the server the keys of the call. Copies of the
    /// database are alike; nobody may be connected to it.
    pub fn template(&self, server: &Server) -> String {
        server.write_conf(&self.keys_before);
        server.reload();
        let template = server.database();
        let mut client = server.connect_as("postgres", &template);
        (self.prepare)(&mut client);
        server.write_conf(&self.keys);
        let since = server.reload();
        client.wait_for_reload(&since);
        if self.keys != self.keys_before {
            client.run("SELECT phone_crypt_pin_keys()");
        }
        template
    }

    /// A copy of the template.
    pub fn copy(&self, server: &Server, template: &str) -> String {
        let copy = server.empty_database();
        let mut client = server.connect();
        client.run(&format!("DROP DATABASE {copy}"));
        client.run(&format!("CREATE DATABASE {copy} TEMPLATE {template}"));
        // A sequence copied with its database would start over after a crash: it takes itself for logged ahead.
        client.run("CHECKPOINT");
        copy
    }
}
