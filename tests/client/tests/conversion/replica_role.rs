//! While both columns are there, a session that PostgreSQL's own triggers do not fire for, as a subscription's worker, lets no
//! number in twice either.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{CONVERT, SERVER, state_of_conversion};

/// A conversion that stopped at a row.
fn stopped() -> Client {
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone text UNIQUE);
         INSERT INTO customer VALUES (1, '0401 148 075'), (2, '0401 148 076');
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN IF NEW.id = 2 THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    client.refusal(CONVERT, &[]).says("P0001", "stopped");
    assert_eq!(state_of_conversion(&mut client), "filling");
    client
}

#[test]
fn no_number_comes_in_twice() {
    let mut client = stopped();
    client.run(
        "SET session_replication_role = replica; INSERT INTO customer VALUES (3, '0401 148 077')",
    );
    client
        .refusal("INSERT INTO customer VALUES (4, '+61401148077')", &[])
        .says("23505", "customer_phone_key_enc");
    client.run("RESET session_replication_role; DROP TRIGGER refuse ON customer");
    client.run(CONVERT);
    client
        .refusal("INSERT INTO customer VALUES (5, '(04) 0114 8077')", &[])
        .says("23505", "customer_phone_key");
}

/// A dump has the constraint as PostgreSQL makes it, and a swap would call rows unique that are not.
#[test]
fn rows_are_looked_at_where_the_constraint_was_restored() {
    let mut client = stopped();
    client.run(
        "DROP TRIGGER refuse ON customer;
         UPDATE pg_trigger SET tgenabled = 'O' WHERE tgrelid = 'customer'::regclass AND tgisinternal;
         SET session_replication_role = replica;
         INSERT INTO customer VALUES (3, '0401 148 077'), (4, '+61401148077');
         RESET session_replication_role",
    );
    client.refusal(CONVERT, &[]).says(
        "23505",
        "2 rows of table public.customer have what is unique",
    );
    client.run("DELETE FROM customer WHERE id = 4");
    client.run(CONVERT);
    client
        .refusal("INSERT INTO customer VALUES (5, '(04) 0114 8077')", &[])
        .says("23505", "customer_phone_key");
}
