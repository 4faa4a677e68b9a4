//! Somebody who may write the tables edits the log. With a checkpoint that was kept elsewhere, whatever he does is seen.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::shared::{ALL, ONE_A_ROW, checkpoint, database, size_of, verdict};

const RECORDS: i64 = 700;

/// A log of some tiles, and a checkpoint of it.
fn log(server: &Server) -> (Client, String) {
    let (_, mut client) = database(server);
    client.run(&format!(
        "DO $$ BEGIN FOR i IN 1 .. {RECORDS} LOOP PERFORM phone_crypt.audit_event('policy_set', NULL, 'policy', i); END LOOP; END $$"
    ));
    let kept = checkpoint(&mut client);
    assert!(size_of(&kept) >= RECORDS);
    assert_eq!(verdict(&mut client, Some(&kept)), "intact");
    (client, kept)
}

#[test]
fn an_edit_a_deletion_and_an_addition_are_seen_where_they_are() {
    let server = Server::preloaded(ALL);
    let (mut client, kept) = log(&server);
    for (edit, found) in [
        (
            "UPDATE phone_crypt.audit_records SET records = overlay(records PLACING 'x' FROM 30) WHERE seq = 300",
            "record changed at 300",
        ),
        (
            "DELETE FROM phone_crypt.audit_records WHERE seq = 301",
            "record missing at 301",
        ),
        (
            "DELETE FROM phone_crypt.audit_records WHERE seq < 257",
            "record missing at 0",
        ),
        (
            "DELETE FROM phone_crypt.audit_records",
            "record missing at 0",
        ),
        (
            "UPDATE phone_crypt.audit_records AS a SET records = (SELECT b.records FROM phone_crypt.audit_records AS b WHERE b.seq = 41 - a.seq) WHERE seq IN (20, 21)",
            "record changed at 20",
        ),
        (
            "INSERT INTO phone_crypt.audit_records SELECT log, month, seq + 10000, written_at, records FROM phone_crypt.audit_records WHERE seq = 9",
            "record added at 10009",
        ),
        (
            "DELETE FROM phone_crypt.audit_tiles WHERE tile = 1",
            "hashes changed at 256",
        ),
        (
            "UPDATE phone_crypt.audit_tiles SET root = sha256('') WHERE tile = 1",
            "hashes changed at 256",
        ),
        (
            "UPDATE phone_crypt.audit_tiles SET hashes = substr(hashes, 33) WHERE tile = 2",
            "hashes changed at",
        ),
        (
            "UPDATE phone_crypt.audit_logs SET peaks = overlay(peaks PLACING '\\x0000' FROM 1)",
            "hashes changed at",
        ),
        (
            "DELETE FROM phone_crypt.audit_public_keys",
            "stored checkpoint not signed at",
        ),
    ] {
        client.run("BEGIN");
        client.run("SET LOCAL session_replication_role = replica");
        client.run(ONE_A_ROW);
        client.run(edit);
        let verdict = verdict(&mut client, Some(&kept));
        assert!(verdict.starts_with(found), "{edit}: {verdict}");
        client.run("ROLLBACK");
    }
    assert_eq!(verdict(&mut client, Some(&kept)), "intact");
}

#[test]
fn an_edit_of_a_row_with_many_records_is_seen() {
    let server = Server::preloaded(ALL);
    let (mut client, kept) = log(&server);
    // All but the last tile are full, and a row ends with its tile at the latest.
    let rows = "SELECT count(*) FROM phone_crypt.audit_records";
    assert!(client.number(rows) < RECORDS / 10);
    for (edit, found) in [
        ("SELECT 1", "intact"),
        (ONE_A_ROW, "intact"),
        (
            "UPDATE phone_crypt.audit_records SET records = overlay(records PLACING '\\xff' FROM 6) WHERE seq = 511",
            "record changed at",
        ),
        (
            "UPDATE phone_crypt.audit_records SET records = records || ' ' WHERE seq = 511",
            "record missing at",
        ),
        (
            "UPDATE phone_crypt.audit_records SET records = overlay(records PLACING '\\x7fffffff' FROM 1) WHERE seq = 511",
            "record missing at",
        ),
        (
            "DELETE FROM phone_crypt.audit_records WHERE seq = 511",
            "record missing at",
        ),
        // A second one with a number that there is, and one that begins in the tile before.
        (
            "INSERT INTO phone_crypt.audit_records SELECT log, month, 510, written_at, records FROM phone_crypt.audit_records WHERE seq = 511",
            "record added at",
        ),
        (
            "UPDATE phone_crypt.audit_records SET seq = 512 WHERE seq = 511",
            "record",
        ),
    ] {
        client.run("BEGIN");
        client.run(edit);
        let verdict = verdict(&mut client, Some(&kept));
        assert!(verdict.starts_with(found), "{edit}: {verdict}");
        // Whoever reads it gets no error.
        client.run("SELECT * FROM phone_crypt.audit_log");
        client.run("ROLLBACK");
    }
}

/// The whole of a log, made anew up to a record: a forger who knows the format. He cannot sign.
const FORGE: &str = "
    CREATE FUNCTION pg_temp.leaf(record bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT sha256('\\x00'::bytea || record) $$;
    CREATE FUNCTION pg_temp.root(leaves bytea[]) RETURNS bytea LANGUAGE plpgsql AS $$
    DECLARE n integer := cardinality(leaves); k integer := 1;
    BEGIN
        IF n = 1 THEN RETURN leaves[1]; END IF;
        WHILE k * 2 < n LOOP k := k * 2; END LOOP;
        RETURN sha256('\\x01'::bytea || pg_temp.root(leaves[1:k]) || pg_temp.root(leaves[k + 1:n]));
    END $$;
    CREATE FUNCTION pg_temp.rebuild() RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        leaves bytea[] := ARRAY(SELECT pg_temp.leaf(record) FROM phone_crypt.audit_log ORDER BY seq);
        n integer := cardinality(leaves); new_peaks bytea := ''; at integer := 0; k integer;
    BEGIN
        DELETE FROM phone_crypt.audit_tiles;
        FOR t IN 0 .. (n - 1) / 256 LOOP
            INSERT INTO phone_crypt.audit_tiles
                SELECT l.log, t, string_agg(leaf, '' ORDER BY o),
                       CASE WHEN count(*) = 256 THEN pg_temp.root(array_agg(leaf ORDER BY o)) END
                  FROM phone_crypt.audit_logs AS l,
                       unnest(leaves[t * 256 + 1 : least(n, t * 256 + 256)]) WITH ORDINALITY AS u (leaf, o) GROUP BY l.log;
        END LOOP;
        WHILE at < n LOOP
            k := 1;
            WHILE k * 2 <= n - at LOOP k := k * 2; END LOOP;
            new_peaks := new_peaks || pg_temp.root(leaves[at + 1 : at + k]);
            at := at + k;
        END LOOP;
        UPDATE phone_crypt.audit_logs AS l SET size = n, peaks = new_peaks;
        DELETE FROM phone_crypt.audit_checkpoints WHERE size > n;
    END $$;";

#[test]
fn history_that_is_written_anew_is_seen_against_a_checkpoint_that_was_kept() {
    let server = Server::preloaded(ALL);
    let (mut client, kept) = log(&server);
    client.run(FORGE);
    // The tail is cut off, and nothing inside tells.
    client.run("BEGIN");
    client.run(ONE_A_ROW);
    client.run("DELETE FROM phone_crypt.audit_records WHERE seq >= 500; SELECT pg_temp.rebuild()");
    assert_eq!(verdict(&mut client, None), "intact");
    assert_eq!(verdict(&mut client, Some(&kept)), "truncated at 500");
    client.run("ROLLBACK");
    // A record is another one, and so is every hash after it.
    client.run("BEGIN");
    client.run(ONE_A_ROW);
    client.run(
        "UPDATE phone_crypt.audit_records SET records = overlay(records PLACING 'x' FROM 30) WHERE seq = 300;
         SELECT pg_temp.rebuild(); DELETE FROM phone_crypt.audit_checkpoints",
    );
    assert_eq!(verdict(&mut client, None), "intact");
    assert_eq!(
        verdict(&mut client, Some(&kept)),
        format!("forked at {}", size_of(&kept))
    );
    client.run("ROLLBACK");
    // Rebuilt as it is, it is what it was.
    client.run("BEGIN");
    client.run("SELECT pg_temp.rebuild()");
    assert_eq!(verdict(&mut client, Some(&kept)), "intact");
    client.run("ROLLBACK");
    // A checkpoint that somebody wrote.
    let wrong = kept.replacen(&format!("\n{}\n", size_of(&kept)), "\n10\n", 1);
    assert_eq!(
        verdict(&mut client, Some(&wrong)),
        "checkpoint not signed at 10"
    );
    let other = kept.replace("phone_crypt/", "phone_crypt/x");
    assert!(verdict(&mut client, Some(&other)).starts_with("checkpoint of another log"));
}
