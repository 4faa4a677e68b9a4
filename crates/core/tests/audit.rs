//! The audit log's tree, proofs, records and notes: vectors computed with other software, and a tree that is as simple as RFC
//! 6962 defines it.
#![allow(clippy::unwrap_used)]

use phone_crypt_core::audit::{
    Checkpoint, Class, Classes, EMPTY_ROOT, Field, Frontier, Hash, LeafHashes, Note, NoteKey,
    NoteSigner, Record, SignatureCheck, consistency_proof, fields_json, inclusion_proof, leaf_hash,
    node_hash, root, tile_bytes, tile_hashes, verify_consistency, verify_inclusion,
};
use phone_crypt_core::crypto::{Key, KeyText};
use proptest::prelude::*;
use serde_json::Value;

const ORIGIN: &str = "phone_crypt/00112233-4455-6677-8899-aabbccddeeff";

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/audit_vectors.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

fn hash(value: &Value) -> Hash {
    bytes(value).try_into().unwrap()
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// Leaf hashes in memory.
struct Leaves(Vec<Hash>);

impl Leaves {
    fn many(count: u64) -> Leaves {
        let leaf = |number| leaf_hash(format!("record {number}").as_bytes());
        Leaves((0..count).map(leaf).collect())
    }
}

impl LeafHashes for Leaves {
    type Error = u64;

    fn tile(&mut self, tile: u64) -> Result<Vec<Hash>, u64> {
        let mut tiles = self.0.chunks(256);
        tiles
            .nth(tile as usize)
            .map(<[_]>::to_vec)
            .ok_or(tile * 256)
    }

    fn missing(&self, leaf: u64) -> u64 {
        leaf
    }
}

fn frontier(leaves: &[Hash]) -> Frontier {
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree
}

/// The definition of RFC 6962 §2.1.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        leaves => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

#[test]
fn the_leaves_of_certificate_transparency_give_the_published_roots() {
    let vectors = vectors();
    assert_eq!(hash(&vectors["empty"]), EMPTY_ROOT);
    let mut tree = Frontier::default();
    for entry in vectors["ct"].as_array().unwrap() {
        tree.push(leaf_hash(&bytes(&entry["leaf"])));
        assert_eq!(tree.root(), hash(&entry["root"]));
    }
    // As every implementation of Certificate Transparency has it.
    let published = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";
    assert_eq!(tree.root(), hash(&Value::from(published)));
}

#[test]
fn roots_and_proofs_are_those_of_other_software() {
    let vectors = vectors();
    let mut leaves = Leaves::many(700);
    for entry in vectors["roots"].as_array().unwrap() {
        let size = number(&entry["size"]);
        assert_eq!(root(&mut leaves, size), Ok(hash(&entry["root"])));
        assert_eq!(
            frontier(&leaves.0[..size as usize]).root(),
            hash(&entry["root"])
        );
    }
    for entry in vectors["inclusion"].as_array().unwrap() {
        let (index, size) = (number(&entry["index"]), number(&entry["size"]));
        let proof = inclusion_proof(&mut leaves, index, size).unwrap();
        assert_eq!(proof, hashes(&entry["proof"]), "{index} in {size}");
    }
    for entry in vectors["consistency"].as_array().unwrap() {
        let (old, size) = (number(&entry["old"]), number(&entry["size"]));
        let proof = consistency_proof(&mut leaves, old, size).unwrap();
        assert_eq!(proof, hashes(&entry["proof"]), "{old} in {size}");
    }
}

#[test]
fn records_have_the_bytes_of_other_software() {
    let vectors = vectors();
    let list = |texts: &[&str]| Field::List(texts.iter().map(|it| (*it).to_owned()).collect());
    let text = |text: &str| Field::Text(text.to_owned());
    let made = [
        (
            0,
            1_700_000_000_000_000,
            fields_json(
                Class::Admin,
                "start",
                &[
                    ("timeline", Field::Number(1)),
                    ("system", text("7300000000000000000")),
                    ("clean", Field::Flag(false)),
                ],
            ),
        ),
        (
            1,
            1_700_000_000_000_001,
            fields_json(
                Class::Read,
                "decrypt",
                &[
                    ("role", text("app")),
                    ("count", Field::Number(1_000_000)),
                    ("keys", list(&["a915ee2b", "3a4e3936"])),
                ],
            ),
        ),
        (
            2,
            -1,
            fields_json(
                Class::Auth,
                "tokens",
                &[
                    ("count", Field::Number(-5)),
                    ("application", text("quoted \" and \\ and / and \t")),
                ],
            ),
        ),
        (
            u64::MAX >> 1,
            i64::MAX,
            // The names of the class and the event are not a field's to take.
            fields_json(
                Class::Limit,
                "block",
                &[("class", text("x")), ("event", text("y"))],
            ),
        ),
    ];
    let expected = vectors["records"].as_array().unwrap();
    assert_eq!(made.len(), expected.len());
    for ((seq, time_us, fields), expected) in made.iter().zip(expected) {
        let (seq, time_us) = (*seq, *time_us);
        let record = Record {
            seq,
            time_us,
            fields,
        };
        assert_eq!(record.bytes(), bytes(&expected["bytes"]));
        assert_eq!(leaf_hash(&record.bytes()), hash(&expected["leaf"]));
        assert_eq!(Record::parse(&record.bytes()), Ok(record));
    }
    assert!(Record::parse(&[0; 15]).is_err());
}

fn signer(vector: &Value) -> NoteSigner {
    let text = KeyText::parse(vector["key"].as_str().unwrap()).unwrap();
    NoteSigner::new(ORIGIN, &Key::derive(&text))
}

#[test]
fn notes_are_those_of_other_software() {
    let vectors = vectors();
    let keys = vectors["keys"].as_array().unwrap();
    let signers: Vec<NoteSigner> = keys.iter().map(signer).collect();
    for (signer, key) in signers.iter().zip(keys) {
        assert_eq!(signer.public().bytes().as_slice(), bytes(&key["public"]));
        assert_eq!(signer.public().hash().as_slice(), bytes(&key["hash"]));
        assert_eq!(signer.public().text(), key["text"].as_str().unwrap());
    }
    for vector in vectors["notes"].as_array().unwrap() {
        let text = vector["text"].as_str().unwrap();
        let indexes = vector["signers"].as_array().unwrap();
        let by: Vec<&NoteSigner> = indexes
            .iter()
            .map(|it| &signers[number(it) as usize])
            .collect();
        let note = Note::sign(text, &by);
        assert_eq!(note, vector["note"].as_str().unwrap());
        let note = Note::parse(&note).unwrap();
        assert_eq!(note.text, text);
        assert_eq!(
            note.check(&[signers[0].public().clone()]),
            SignatureCheck::Valid
        );
        let checkpoint = Checkpoint::parse(&note.text).unwrap();
        assert_eq!((checkpoint.origin.as_str(), checkpoint.size), (ORIGIN, 700));
        assert_eq!(Ok(checkpoint.root), root(&mut Leaves::many(700), 700));
        assert_eq!(checkpoint.text(), text);
    }
}

#[test]
fn a_note_that_was_changed_is_refused() {
    let vectors = vectors();
    let signers: Vec<NoteSigner> = vectors["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(signer)
        .collect();
    let keys = [signers[0].public().clone()];
    let note = vectors["notes"][0]["note"].as_str().unwrap();
    let changed = note.replace("\n700\n", "\n701\n");
    assert_eq!(
        Note::parse(&changed).unwrap().check(&keys),
        SignatureCheck::Invalid
    );
    let other = [signers[1].public().clone()];
    assert_eq!(
        Note::parse(note).unwrap().check(&other),
        SignatureCheck::UnknownKey
    );
    let renamed = [NoteKey::new("somebody", signers[0].public().bytes()).unwrap()];
    assert_eq!(
        Note::parse(note).unwrap().check(&renamed),
        SignatureCheck::UnknownKey
    );
    // A wrong signature beside a right one.
    let both = vectors["notes"][1]["note"].as_str().unwrap();
    let at = both.trim_end().len() - 20;
    let letter = if &both[at..=at] == "A" { "B" } else { "A" };
    let spoilt = format!("{}{letter}{}", &both[..at], &both[at + 1..]);
    let all: Vec<NoteKey> = signers
        .iter()
        .map(|signer| signer.public().clone())
        .collect();
    assert_eq!(
        Note::parse(&spoilt).unwrap().check(&all),
        SignatureCheck::Invalid
    );
    for text in [
        "",
        "\n",
        "\n\n",
        "a\n\n",
        "a\n\nb\n",
        "a\n1\n\n\u{2014} x y\n",
        note.trim_end(),
    ] {
        assert!(Note::parse(text).is_err(), "{text:?}");
    }
    let name = format!(
        "a\n\n{}",
        note.rsplit_once("\n\n").unwrap().1.replace(ORIGIN, "a b")
    );
    assert!(Note::parse(&name).is_err());
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert!(Checkpoint::parse(&format!("log\n0\n{root}\n")).is_ok());
    assert!(Checkpoint::parse(&format!("log\n7\n{root}\nmore\n")).is_ok());
    for text in [
        String::new(),
        "log\n".to_owned(),
        "log\n7\n".to_owned(),
        format!("\n7\n{root}\n"),
        format!("log\n07\n{root}\n"),
        format!("log\n-7\n{root}\n"),
        format!("log\n+7\n{root}\n"),
        format!("log\n\n{root}\n"),
        format!("log\n99999999999999999999\n{root}\n"),
        "log\n7\nAAAA\n".to_owned(),
        format!("log\n7\n{root}AAAA\n"),
        format!("log\n7\n{}\n", root.trim_end_matches('=')),
    ] {
        assert!(Checkpoint::parse(&text).is_err(), "{text:?}");
    }
}

#[test]
fn classes_are_read_as_the_setting_has_them() {
    let all = [
        Class::Auth,
        Class::Write,
        Class::Read,
        Class::Admin,
        Class::Limit,
    ];
    let some = Classes::parse(" auth, ADMIN ").unwrap();
    assert!(some.contains(Class::Auth) && some.contains(Class::Admin));
    assert!(!some.contains(Class::Read) && !some.contains(Class::Limit));
    assert!(
        all.iter()
            .all(|it| Classes::parse("all").unwrap().contains(*it))
    );
    assert!(
        !all.iter()
            .any(|it| Classes::parse("none").unwrap().contains(*it))
    );
    assert!(all.iter().all(|it| Class::of(it.as_str()) == Some(*it)));
    for text in [
        "",
        ",",
        "auth,",
        "auth,none",
        "all,auth",
        "reads",
        "auth admin",
    ] {
        assert!(Classes::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_leaf_that_is_missing_is_named() {
    let mut leaves = Leaves::many(300);
    assert_eq!(root(&mut leaves, 301), Err(300));
    assert_eq!(root(&mut leaves, 600), Err(512));
    assert_eq!(inclusion_proof(&mut leaves, 0, 400), Err(399));
}

#[test]
fn stored_bytes_are_read_as_they_were_written() {
    let leaves = Leaves::many(300).0;
    let tree = frontier(&leaves);
    assert_eq!(Frontier::of(300, &tree.peaks()), Ok(tree.clone()));
    assert!(Frontier::of(301, &tree.peaks()).is_err());
    assert!(Frontier::of(300, &tree.peaks()[1..]).is_err());
    let tile = tile_bytes(&leaves[..256]);
    assert_eq!(tile_hashes(&tile), Some(&leaves[..256]));
    assert!(tile_hashes(&tile[1..]).is_none() && tile_hashes(&[]).is_none());
    assert!(tile_hashes(&tile_bytes(&leaves[..257])).is_none());
}

proptest! {
    /// Every root and every proof, against the definition; and no proof passes for another tree.
    #[test]
    fn any_tree(size in 1u64..900, old in 0u64..900, index in 0u64..900, spoil in any::<(usize, usize)>()) {
        let (old, index) = (old % (size + 1), index % size);
        let mut leaves = Leaves::many(size);
        let (new_root, old_root) = (naive_root(&leaves.0), naive_root(&leaves.0[..old as usize]));
        prop_assert_eq!(root(&mut leaves, size), Ok(new_root));
        prop_assert_eq!(frontier(&leaves.0).root(), new_root);

        let leaf = leaves.0[index as usize];
        let proof = inclusion_proof(&mut leaves, index, size).unwrap();
        prop_assert!(verify_inclusion(&leaf, index, size, &proof, &new_root));
        prop_assert!(!verify_inclusion(&leaf, index, size, &proof, &leaf_hash(b"")));
        prop_assert!(!verify_inclusion(&leaf_hash(b""), index, size, &proof, &new_root));
        prop_assert!(!verify_inclusion(&leaf, size, size, &proof, &new_root));
        prop_assert!(!verify_inclusion(&leaf, index, size, &[proof.clone(), vec![leaf]].concat(), &new_root));
        if size > 1 {
            prop_assert!(!verify_inclusion(&leaf, (index + 1) % size, size, &proof, &new_root));
            prop_assert!(!verify_inclusion(&leaf, index, size, &proof[1..], &new_root));
            let mut spoilt = proof.clone();
            spoilt[spoil.0 % proof.len()][spoil.1 % 32] ^= 1;
            prop_assert!(!verify_inclusion(&leaf, index, size, &spoilt, &new_root));
        }

        let proof = consistency_proof(&mut leaves, old, size).unwrap();
        prop_assert!(verify_consistency(old, &old_root, size, &new_root, &proof));
        prop_assert!(!verify_consistency(size + 1, &old_root, size, &new_root, &proof));
        prop_assert!(!verify_consistency(old, &old_root, size, &new_root, &[proof.clone(), vec![leaf]].concat()));
        prop_assert!(!verify_consistency(old, &leaf_hash(b""), size, &new_root, &proof));
        if old > 0 {
            prop_assert!(!verify_consistency(old, &old_root, size, &leaf_hash(b""), &proof));
        }
        if !proof.is_empty() {
            prop_assert!(!verify_consistency(old, &old_root, size, &new_root, &proof[1..]));
            let mut spoilt = proof.clone();
            spoilt[spoil.0 % proof.len()][spoil.1 % 32] ^= 1;
            prop_assert!(!verify_consistency(old, &old_root, size, &new_root, &spoilt));
        }
    }

    /// Nothing that is pasted for a note makes it panic.
    #[test]
    fn any_note(text in "\\PC{0,40}(\n\\PC{0,20}){0,4}\n\n(\u{2014} )?\\PC{0,80}\n?") {
        if let Ok(note) = Note::parse(&text) {
            prop_assert_eq!(note.check(&[]), SignatureCheck::UnknownKey);
            let _ = Checkpoint::parse(&note.text);
        }
    }
}
