//! A table of the legacy web application's values, made by pgcrypto.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::K1;
use postgres::Client;

/// Makes the table `people` with so many rows: one in fifty naive (`+1` before `0…`), one in a hundred of those
/// not to be repaired, one in fifty NULL.
pub fn make_people(client: &mut Client, rows: u32) {
    client.run(&format!(
        "CREATE EXTENSION pgcrypto;
         CREATE TABLE people (id bigint PRIMARY KEY, phone text);
         INSERT INTO people
         SELECT i, CASE WHEN i % 50 <> 2 THEN
                   encode(iv, 'hex') || ':' || encode(encrypt_iv(convert_to(number, 'UTF8'), '\\x{K1}', iv, 'aes-cbc'), 'hex') END
           FROM (SELECT i, decode(md5('iv ' || i), 'hex') AS iv,
                        CASE WHEN i % 100 = 1 THEN '+10' || i
                             WHEN i % 50 = 3 THEN '+10401' || to_char(i, 'FM000000')
                             ELSE '+61401' || to_char(i, 'FM000000') END AS number
                   FROM generate_series(1, {rows}) AS i) AS made"
    ));
}
