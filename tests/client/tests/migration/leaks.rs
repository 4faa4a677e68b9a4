//! No number, original, encrypted value or hash comes into the log, a notice, an error or a job, whatever goes wrong
//! while the procedures run.

use phone_crypt_client_tests::samples::{AU_LEGACY_CBC_UNDER_K1, K1, K2};
use phone_crypt_client_tests::{Refusal, Server, Sql, refused};
use postgres::Client;
use std::sync::LazyLock;

/// The server says all it can say, but for the statements, which are the application's own.
const CONF: &str = "log_min_messages = debug1\nlog_error_verbosity = verbose\nlog_lock_waits = on\n\
                    log_statement = none\nlog_min_duration_statement = -1\n";

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::preloaded(CONF);
    server.write_conf(&format!(
        "phone_crypt.encryption_key = '{K1}'\nphone_crypt.previous_keys = '{K2}'\n"
    ));
    server.reload();
    server
});

/// Numbers that are nobody's, in every spelling; what is no number; one that normalisation repeats.
const MAKE: &str = "
    CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, phone text UNIQUE, other text);
    INSERT INTO customers (phone)
    VALUES ('0491570156'), ('+61 491 570 156'), ('+61491570157'), ('0491 570 158 x22'), ('ask for Bob'), (NULL)";

/// Parts of what must not be seen; none so short that the microseconds of a timestamp may have them.
const SECRETS: [&str; 4] = ["4915701", "491 570", "570 15", "Bob"];

struct Watched {
    client: Client,
    notices: phone_crypt_client_tests::Notices,
    errors: Vec<Refusal>,
    database: String,
}

impl Watched {
    fn new() -> Watched {
        let database = SERVER.database();
        let (mut client, notices) = SERVER.connect_noting("postgres", &database);
        client.run(MAKE);
        client.run("SET client_min_messages = debug1");
        Watched {
            client,
            notices,
            errors: Vec::new(),
            database,
        }
    }

    /// Calls it with an error as its end.
    #[track_caller]
    fn fails(&mut self, sqlstate: &str, call: &str) {
        let refusal = refused(self.client.batch_execute(call));
        assert_eq!(refusal.sqlstate, sqlstate, "{call}: {refusal:?}");
        self.errors.push(refusal);
    }

    /// All that was said, but for the log.
    fn said(&mut self) -> String {
        let mut said: Vec<String> = self
            .notices
            .all()
            .into_iter()
            .map(|notice| notice.everything)
            .collect();
        said.extend(self.errors.iter().map(|error| error.everything.clone()));
        said.extend(
            self.client
                .rows("SELECT j::text FROM phone_crypt.jobs AS j"),
        );
        said.join("\n")
    }

    /// Encrypted values, as far as there are any.
    fn stored(&mut self) -> Vec<String> {
        let columns = self.client.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'customers'::regclass AND atttypid = 'encrypted_phone'::regtype",
        );
        let of = |column: &String| {
            format!("SELECT right({column}::text, 24) FROM customers WHERE {column} IS NOT NULL")
        };
        columns
            .iter()
            .flat_map(|column| self.client.rows(&of(column)))
            .collect()
    }

    fn leaks_nothing(mut self) {
        let stored = self.stored();
        let said = self.said();
        let log = SERVER.log();
        assert!(
            log.contains(&format!("@{} ", self.database)),
            "it logs nothing"
        );
        for secret in SECRETS
            .iter()
            .copied()
            .chain(stored.iter().map(String::as_str))
        {
            let found = said
                .lines()
                .chain(log.lines())
                .find(|line| line.contains(secret));
            assert!(found.is_none(), "said: {found:?}");
        }
    }
}

const ENCRYPT: &str =
    "CALL phone_encrypt_column('customers', 'phone', duplicates => 'text', batch_size => 2)";
const DROP: &str = "CALL phone_drop_plaintext('customers', 'phone')";
const ROTATE: &str = "CALL phone_rotate_column('customers', 'phone')";
/// Makes values of what the column holds.
const VALUES: &str = "UPDATE customers SET phone = CASE WHEN phone_try_normalize(phone) IS NULL THEN phone_encrypt_raw(phone)
                                                    ELSE phone_encrypt(phone) END WHERE phone IS NOT NULL";
const DECRYPT: &str = "CALL phone_decrypt_column('customers', 'phone')";

#[test]
fn when_all_goes_well() {
    let mut watched = Watched::new();
    for call in [ENCRYPT, ROTATE, DROP, DECRYPT] {
        let dry = call.replace(')', ", dry_run => true)");
        watched.client.run(&dry);
        watched.client.run(call);
    }
    watched.client.run(&format!(
        "UPDATE customers SET other = CASE id WHEN 1 THEN 'nobody, ask for Bob' ELSE '{AU_LEGACY_CBC_UNDER_K1}' END"
    ));
    watched
        .client
        .run("CALL phone_import_legacy_column('customers', 'other', 'cbc')");
    watched
        .client
        .run("SELECT phone_column_policy('customers', 'other', 'null')");
    watched
        .client
        .run("SELECT * FROM phone_forget('0491570156')");
    watched.client.run("CALL phone_rotate_all()");
    watched.leaks_nothing();
}

/// What keeps a batch from writing a row, each in another of the ways in which PostgreSQL shows the row; all but the last once
/// the column holds values, too.
const HINDRANCES: [(&str, &str); 5] = [
    ("23514", "ALTER TABLE customers ADD CHECK (other IS NOT NULL) NOT VALID"),
    ("23505", "UPDATE customers SET other = phone WHERE id = 1;
               CREATE UNIQUE INDEX ON customers ((coalesce(left(other, 0), id::text)));
               CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.other := NEW.phone; RETURN NEW; END';
               CREATE TRIGGER f BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION f()"),
    ("P0001", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
                   'BEGIN RAISE EXCEPTION ''no: %'', NEW USING DETAIL = NEW::text, HINT = NEW::text; END';
               CREATE TRIGGER f BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION f()"),
    ("22P02", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
                   'BEGIN PERFORM NEW.phone::int; RETURN NEW; END';
               CREATE TRIGGER f BEFORE UPDATE ON customers FOR EACH ROW WHEN (NEW.id IN (1, 2)) EXECUTE FUNCTION f()"),
    ("22003", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
                   'BEGIN PERFORM (NEW.phone::varchar(12))::int; RETURN NEW; END';
               CREATE TRIGGER f AFTER UPDATE ON customers FOR EACH ROW WHEN (NEW.id = 3) EXECUTE FUNCTION f()"),
];

#[test]
fn when_a_batch_fails() {
    for (sqlstate, hindrance) in HINDRANCES {
        for makes_values in [false, true] {
            if makes_values && sqlstate == "22003" {
                // The first twelve digits of a value are a number too large once in three hundred times.
                continue;
            }
            let mut watched = Watched::new();
            if makes_values {
                watched.client.run(VALUES);
            }
            watched.client.run(hindrance);
            watched.fails(sqlstate, ENCRYPT);
            watched.leaks_nothing();
        }
    }
}

#[test]
fn when_values_cannot_be_read() {
    let mut watched = Watched::new();
    watched.client.run(VALUES);
    watched
        .client
        .run("UPDATE customers SET phone = phone_encrypt('0491570156', 'elsewhere') WHERE id = 1");
    watched.fails("22000", ENCRYPT);
    watched.fails(
        "22000",
        "CALL phone_import_legacy_column('customers', 'phone', 'cbc', duplicates => 'text')",
    );
    watched
        .client
        .run("UPDATE customers SET phone = '0491 570 156' WHERE id = 1");
    watched.fails("55000", ENCRYPT);
    watched.leaks_nothing();
}

#[test]
fn when_rows_were_written_past_the_trigger() {
    let mut watched = Watched::new();
    watched.client.run(ENCRYPT);
    watched.client.run(
        "ALTER TABLE customers DISABLE TRIGGER USER;
         UPDATE customers SET phone_plain = '0491 570 110' WHERE id = 3;
         UPDATE customers SET phone = '0491 570 199' WHERE id = 4;
         ALTER TABLE customers ENABLE TRIGGER USER",
    );
    watched.fails("55000", DROP);
    watched.leaks_nothing();
}

#[test]
fn when_rate_limits_are_migrated() {
    let mut watched = Watched::new();
    watched.client.run(
        "CREATE TABLE public.rate_limits (id text PRIMARY KEY, count integer, window_start bigint,
                                          created_at timestamptz, updated_at timestamptz);
         INSERT INTO public.rate_limits
         SELECT 'phone:' || phone, 1, 1, now(), now() FROM customers WHERE phone IS NOT NULL;
         INSERT INTO public.rate_limits VALUES ('phone:+10491570159', 1, 1, now(), now()), ('phone:+104915701', 1, 1, now(), now());
         ALTER TABLE public.rate_limits ADD CONSTRAINT plain CHECK (id LIKE 'phone:%')",
    );
    watched.fails(
        "23514",
        "CALL phone_migrate_rate_limits('public.rate_limits')",
    );
    watched
        .client
        .run("ALTER TABLE public.rate_limits DROP CONSTRAINT plain");
    watched
        .client
        .run("CALL phone_migrate_rate_limits(dry_run => true)");
    watched.client.run("CALL phone_migrate_rate_limits()");
    watched.leaks_nothing();
}
