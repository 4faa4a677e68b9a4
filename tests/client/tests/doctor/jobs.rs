//! What stopped half-way.

use phone_crypt_client_tests::Sql;

use crate::shared::{fires, is_quiet, pinned, remedy};

#[test]
fn a_job_that_stopped() {
    let mut client = pinned();
    client.run("CREATE TABLE customers (id int PRIMARY KEY, phone text)");
    is_quiet(&mut client, "jobs");
    client.run("INSERT INTO phone_crypt.jobs (procedure, relation, column_name, pid) VALUES ('phone_rotate_column', 'customers', 'phone', 1)");
    fires(
        &mut client,
        "jobs",
        "warning",
        "1 job has stopped half-way: phone_rotate_column of public.customers",
    );
    client.run("UPDATE phone_crypt.jobs SET state = 'done'");
    is_quiet(&mut client, "jobs");
}

#[test]
fn a_conversion_that_is_not_finished() {
    let mut client = pinned();
    client.run("CREATE TABLE \"Cus'tomers\" (id int PRIMARY KEY, phone text); INSERT INTO \"Cus'tomers\" VALUES (1, '0401 148 075')");
    is_quiet(&mut client, "conversions");
    client.run("CALL phone_encrypt_column('\"Cus''tomers\"', 'phone')");
    fires(
        &mut client,
        "conversions",
        "warning",
        "is not finished: the plain column",
    );
    let finish = remedy(&mut client, "conversions");
    client.run(finish.split(';').next().unwrap());
    is_quiet(&mut client, "conversions");
}
