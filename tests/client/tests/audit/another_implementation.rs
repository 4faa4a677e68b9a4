//! Checkpoints and proofs of a live server, checked by an implementation of the formats that is not ours: the crates `signed_note`
//! (C2SP signed-note) and `tlog_tiles` (C2SP tlog-checkpoint, RFC 6962).

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use signed_note::{Note, NoteError, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash, check_record, check_tree, record_hash};

use crate::shared::{checkpoint, database};

const K1: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const K2: &str = "correct-horse-battery-staple-0123456789abcdef";

/// A note's text as a checkpoint, and how many of its signatures are by this key.
fn open(note: &str, verifier: &str) -> (Checkpoint, usize) {
    let verifier = StandardVerifier::new(verifier).unwrap();
    let known = VerifierList::new(vec![Box::new(verifier)]);
    let note = Note::from_bytes(note.as_bytes()).unwrap();
    let valid = match note.verify(&known) {
        Ok((valid, _)) => valid.len(),
        Err(NoteError::UnverifiedNote) => 0,
        Err(error) => panic!("{error}"),
    };
    (Checkpoint::from_bytes(note.text()).unwrap(), valid)
}

fn hash(bytes: &[u8]) -> Hash {
    Hash(bytes.try_into().unwrap())
}

/// The hashes of a proof.
fn proof(client: &mut Client, sql: &str) -> Vec<Hash> {
    let row = client.query_one(sql, &[]).unwrap();
    let proof: Vec<Vec<u8>> = row.get("proof");
    proof.iter().map(|bytes| hash(bytes)).collect()
}

fn more(client: &mut Client, records: u32) -> String {
    client.run(&format!(
        "SELECT phone_crypt.audit_event('policy_set', NULL, 'a', i) FROM generate_series(1, {records}) AS i"
    ));
    checkpoint(client)
}

#[test]
fn another_implementation_takes_our_checkpoints_and_proofs() {
    let server = Server::preloaded("phone_crypt.audit = 'all'");
    let file = server.write_file("keys", format!("{K1}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'", file.display()));
    server.reload();
    let (_, mut client) = database(&server);
    let mut notes = vec![more(&mut client, 1), more(&mut client, 300)];
    server.write_file("keys", format!("{K2}\n{K1}\n"));
    server.reload();
    notes.push(more(&mut client, 5));
    notes.push(more(&mut client, 250));
    let keys = client.rows("SELECT verifier FROM phone_crypt.audit_keys ORDER BY first_used");
    assert_eq!(keys.len(), 2);
    // Which key has signed: the first one, then both, then the second.
    let signed: Vec<Vec<usize>> = (keys.iter())
        .map(|key| notes.iter().map(|note| open(note, key).1).collect())
        .collect();
    assert_eq!(signed, [[1, 1, 1, 0], [0, 0, 1, 1]]);
    let checkpoints: Vec<Checkpoint> = notes.iter().map(|note| open(note, &keys[0]).0).collect();
    let origin = client.text("SELECT origin FROM phone_crypt.audit_status", &[]);
    for one in &checkpoints {
        assert_eq!((one.origin(), one.extension()), (origin.as_str(), ""));
    }
    // A changed note is refused, and so is one of a key that has another name.
    let changed = notes[1].replacen('3', "4", 1);
    let verifier = VerifierList::new(vec![Box::new(StandardVerifier::new(&keys[0]).unwrap())]);
    assert!(
        Note::from_bytes(changed.as_bytes())
            .unwrap()
            .verify(&verifier)
            .is_err()
    );

    let last = checkpoints.last().unwrap();
    for old in &checkpoints {
        let sql = format!("SELECT * FROM audit_consistency_proof({})", old.size());
        let found = proof(&mut client, &sql);
        check_tree(&found, last.size(), *last.hash(), old.size(), *old.hash()).unwrap();
        if old.size() < last.size() {
            let other = record_hash(b"another");
            assert!(check_tree(&found, last.size(), *last.hash(), old.size(), other).is_err());
        }
    }
    for seq in [0, 1, 255, 256, 300, last.size() - 1] {
        let sql = format!("SELECT * FROM audit_inclusion_proof({seq})");
        let found = proof(&mut client, &sql);
        let record = client
            .query_one(
                "SELECT record FROM phone_crypt.audit_log WHERE seq = $1",
                &[&seq.cast_signed()],
            )
            .unwrap();
        let leaf = record_hash(record.get(0));
        check_record(&found, last.size(), *last.hash(), seq, leaf).unwrap();
        assert!(check_record(&found, last.size(), *last.hash(), seq, record_hash(b"x")).is_err());
    }
}
