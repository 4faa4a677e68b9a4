//! Times the hash, encryption and decryption of one phone number:
//! `cargo run --release -p phone_crypt_core --example crypto_speed`.
#![allow(clippy::expect_used)]

use std::hint::black_box;
use std::time::Instant;

use phone_crypt_core::crypto::{
    Environment, HashSchemes, KeyText, Keyring, KeyringSpec, Kind, Random, current_hash,
    decrypt_into, encrypt_into,
};

/// Many short rounds: on a busy machine the minimum still finds a quiet one.
const ROUNDS: usize = 1000;
const CALLS: u32 = 2000;
const NUMBER: &[u8] = b"+61401148075";
const CONTEXT: &[u8] = b"users.phone";

fn main() {
    let ring = Keyring::build(&KeyringSpec {
        primary: &KeyText::development(),
        previous: &[],
        hash_key_id: None,
        legacy_key_id: None,
        schemes: HashSchemes::default(),
        environment: Environment::Development,
    })
    .expect("the development key makes a ring");
    println!("ns per call: minimum and median of {ROUNDS} rounds of {CALLS} calls");
    time_random();
    for context in [b"".as_slice(), CONTEXT] {
        println!("context of {} bytes", context.len());
        time_hash(&ring, context);
        time_encrypt(&ring, context);
        time_decrypt(&ring, context);
    }
}

fn time(name: &str, mut call: impl FnMut()) {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            (0..CALLS).for_each(|_| call());
            start.elapsed().as_nanos() as f64 / f64::from(CALLS)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!("{name:>10} {:7.1} {:7.1}", rounds[0], rounds[ROUNDS / 2]);
}

fn time_random() {
    let mut random = Random::new();
    let process = std::process::id();
    let mut iv = [0; 16];
    time("random iv", || {
        random
            .fill(process, &mut iv)
            .expect("the system has randomness");
        black_box(&iv);
    });
}

fn time_hash(ring: &Keyring, context: &[u8]) {
    time("hash", || {
        let hash = current_hash(ring, black_box(NUMBER), black_box(context));
        black_box(&hash);
    });
}

/// With a fresh random IV, as every real call has.
fn time_encrypt(ring: &Keyring, context: &[u8]) {
    let mut random = Random::new();
    let process = std::process::id();
    let mut value = Vec::new();
    time("encrypt", || {
        value.clear();
        let mut iv = [0; 16];
        random
            .fill(process, &mut iv)
            .expect("the system has randomness");
        let number = black_box(NUMBER);
        encrypt_into(
            ring.primary(),
            Kind::Phone,
            number,
            black_box(context),
            iv,
            &mut value,
        );
        black_box(&value);
    });
}

fn time_decrypt(ring: &Keyring, context: &[u8]) {
    let mut value = Vec::new();
    encrypt_into(
        ring.primary(),
        Kind::Phone,
        NUMBER,
        context,
        [7; 16],
        &mut value,
    );
    let mut plain = Vec::new();
    time("decrypt", || {
        plain.clear();
        decrypt_into(
            ring,
            Kind::Phone,
            black_box(&value),
            black_box(context),
            &mut plain,
        )
        .expect("the value is good");
        black_box(&plain);
    });
}
