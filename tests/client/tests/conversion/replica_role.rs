//! While both columns are there, a session that PostgreSQL's own triggers do not fire for, as a subscription's worker, lets no
//! number in twice either.

use phone_crypt_client_tests::Sql;

use crate::shared::{CONVERT, SERVER, state_of_conversion};

#[test]
fn no_number_comes_in_twice() {
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
