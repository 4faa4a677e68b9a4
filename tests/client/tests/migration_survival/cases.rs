//! Every procedure, the table that it is called on, and what it must leave there.

use phone_crypt_client_tests::customers::{make_customers, table_state};
use phone_crypt_client_tests::samples::{K1, K2, K2_ID};
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::legacy::make_people;
use crate::limits::{limits_state, make_rate_limits};

/// Many batches, so that a run is stopped between any two of many COMMITs.
const ROWS: u32 = 5_000;

const ENCRYPT: &str = "CALL phone_add_encrypted_column('customers', 'phone', batch_size => 2000)";
const DROP: &str = "CALL phone_drop_plaintext('customers', 'phone', batch_size => 5000)";

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

fn encrypted(client: &mut Client) {
    customers(client);
    client.run(ENCRYPT);
}

fn without_plaintext(client: &mut Client) {
    encrypted(client);
    client.run(DROP);
}

fn rate_limits(client: &mut Client) {
    make_rate_limits(client, ROWS);
}

fn people(client: &mut Client) {
    make_people(client, ROWS);
}

fn with_retention(client: &mut Client) {
    encrypted(client);
    client.run("SELECT phone_column_policy('customers', 'phone', 'delete', '30 days', 'seen_at')");
}

fn customers_state(client: &mut Client) -> Vec<String> {
    table_state(client, "customers")
}

fn people_state(client: &mut Client) -> Vec<String> {
    table_state(client, "people")
}

/// `phone_add_encrypted_column`.
pub fn encrypt() -> Case {
    case(
        customers,
        "CALL phone_add_encrypted_column('customers', 'phone', batch_size => 100)",
        customers_state,
    )
}

/// `phone_drop_plaintext`.
pub fn drop_plaintext() -> Case {
    case(
        encrypted,
        "CALL phone_drop_plaintext('customers', 'phone', batch_size => 50)",
        customers_state,
    )
}

/// `phone_decrypt_column`.
pub fn decrypt() -> Case {
    case(
        without_plaintext,
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

/// `phone_rotate_column` with `rotate_hash`, after the hash key has been changed.
pub fn rotate_hash() -> Case {
    Case {
        keys: format!("{}phone_crypt.hash_key_id = '{K2_ID}'\n", keys(K1, K2)),
        ..case(
            without_plaintext,
            "CALL phone_rotate_column('customers', 'phone', rotate_hash => true, batch_size => 100)",
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
