//! Who may do what.

use phone_crypt_client_tests::Sql;

use crate::shared::{findings, fires, is_quiet, pinned, remedy};

#[test]
fn what_everybody_may() {
    let mut client = pinned();
    is_quiet(&mut client, "public_grants");
    for (grant, text) in [
        (
            "EXECUTE ON FUNCTION phone_decrypt(text, text) TO PUBLIC",
            "execute public.phone_decrypt(text,text)",
        ),
        (
            "EXECUTE ON FUNCTION phone_crypt.new_token(text) TO PUBLIC",
            "execute phone_crypt.new_token(text)",
        ),
        (
            "SELECT, DELETE ON phone_crypt.api_tokens TO PUBLIC",
            "delete, select phone_crypt.api_tokens",
        ),
    ] {
        client.run(&format!("GRANT {grant}"));
        fires(&mut client, "public_grants", "critical", text);
        let undo = remedy(&mut client, "public_grants");
        client.run(&undo);
        is_quiet(&mut client, "public_grants");
    }
}

#[test]
fn who_may_decrypt_and_pass_it_on() {
    let mut client = pinned();
    is_quiet(&mut client, "readers");
    client.run("CREATE ROLE doctor_reader; SELECT phone_crypt_grant('doctor_reader', 'reader')");
    assert_eq!(
        findings(&mut client, "readers"),
        ["info|1 role may decrypt numbers: doctor_reader"]
    );
    client.run(
        "GRANT EXECUTE ON FUNCTION phone_hash(text, text, text) TO doctor_reader WITH GRANT OPTION",
    );
    fires(
        &mut client,
        "readers",
        "warning",
        "1 role may give others the right",
    );
    let sql = "SELECT remedy FROM phone_crypt_doctor() WHERE \"check\" = 'readers' AND severity = 'warning'";
    let undo = client.text(sql, &[]);
    client.run(&undo);
    assert_eq!(findings(&mut client, "readers").len(), 1);
    client.run("DROP OWNED BY doctor_reader; DROP ROLE doctor_reader");
}

#[test]
fn functions_that_decrypt_in_their_owners_name() {
    let mut client = pinned();
    client.run(
        "CREATE FUNCTION plain() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT phone_normalize(''0401 148 075'')';
         CREATE FUNCTION invoker(v text) RETURNS text LANGUAGE sql AS 'SELECT phone_decrypt(v)'",
    );
    is_quiet(&mut client, "definers");
    client.run("CREATE FUNCTION reveal(v text) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT phone_decrypt(v)'");
    fires(
        &mut client,
        "definers",
        "warning",
        "public.reveal(text) is SECURITY DEFINER and decrypts or hashes: everybody",
    );
    let undo = remedy(&mut client, "definers");
    client.run(&undo);
    fires(&mut client, "definers", "info", "whoever has EXECUTE");
    // A body that is parsed has the function's oid, whatever it is called there.
    client.run(
        "DROP FUNCTION reveal;
         CREATE FUNCTION parsed(v text) RETURNS text LANGUAGE sql SECURITY DEFINER RETURN phone_decrypt(v)",
    );
    fires(&mut client, "definers", "warning", "public.parsed(text)");
}

#[test]
fn views_that_decrypt() {
    let mut client = pinned();
    client.run(
        "CREATE TABLE customers (id int, value text, phone encrypted_phone);
         CREATE VIEW ids AS SELECT id FROM customers;
         CREATE VIEW asks WITH (security_invoker = true) AS SELECT phone_decrypt(value) FROM customers",
    );
    is_quiet(&mut client, "views");
    client.run("CREATE VIEW shows AS SELECT phone_show(phone) FROM customers");
    fires(
        &mut client,
        "views",
        "info",
        "view public.shows decrypts or hashes",
    );
    client.run("CREATE MATERIALIZED VIEW stores AS SELECT phone_decrypt(value) FROM customers");
    fires(
        &mut client,
        "views",
        "warning",
        "materialized view public.stores stores",
    );
}
