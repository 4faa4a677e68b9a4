//! Texts so long that what becomes of them is longer than PostgreSQL's texts may be.

use phone_crypt_client_tests::Sql;

use crate::caller::SERVER;

/// The largest text is a little shorter than 1 GB; an encrypted one has two characters a byte.
const CALLS: [&str; 4] = [
    "phone_encrypt_raw(repeat(repeat('x', 1048576), 512))",
    "phone_encrypt_raw(repeat(repeat('x', 1048576), 1023))",
    "phone_decrypt_raw(repeat(repeat('0', 1048576), 1023))",
    "phone_hash(repeat(repeat('1', 1048576), 1023))",
];

#[test]
fn what_would_be_too_long_is_refused_and_the_server_lives_on() {
    // It takes seconds and gigabytes, and no major has a limit of its own.
    if SERVER.major() < 18 {
        return;
    }
    let mut client = SERVER.session();
    for call in CALLS {
        let refusal = client.refusal(&format!("SELECT length({call})"), &[]);
        let expected = match call.starts_with("phone_encrypt") {
            true => "54000",
            false => "22",
        };
        assert!(
            refusal.sqlstate.starts_with(expected),
            "{call}: {refusal:?}"
        );
    }
}
