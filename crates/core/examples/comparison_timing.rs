//! Does the time of a comparison tell how much of a guess is right? Guesses whose first byte is wrong are timed against those whose
//! last byte is, in random order; the difference of the means is given as Welch's t. From 4.5 on a difference is taken for real.
//! After Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?" (2017).
//! `cargo run --release -p phone_crypt_core --example comparison_timing`
//!
//! The last line is a comparison that stops at the first difference: what a leak looks like here.
#![allow(clippy::expect_used)]

use phone_crypt_core::crypto::{
    Environment, HashSchemes, KeyText, Keyring, KeyringSpec, Kind, decrypt_into, encrypt_into,
};
use phone_crypt_core::token::SecretHash;
use phone_crypt_core::webhook::{Window, sign, verify_signature};
use std::hint::black_box;
use std::time::Instant;

/// A clock is too coarse for one call.
const CALLS: u32 = 32;
const MEASURED: usize = 100_000;
/// What takes longer than so many of the measurements, a share in hundredths, was interrupted.
const KEPT: usize = 90;
const SUSPECT: f64 = 4.5;

fn main() {
    println!("{MEASURED} measurements of {CALLS} calls each");
    let secret = "3".repeat(43);
    let hash = SecretHash::of(secret.as_bytes());
    report("a token's hash", hash.as_bytes(), |guess| {
        black_box(hash).matches(guess)
    });
    webhook();
    value();
    let text = [b'a'; 64];
    report("one that stops early", &text, |guess| {
        black_box(&text)
            .iter()
            .zip(guess)
            .all(|(left, right)| black_box(left) == right)
    });
}

/// The hex signature of a webhook.
fn webhook() {
    let (now_us, payload) = (1_700_000_000_000_000, [b'x'; 64]);
    let (signature, timestamp) =
        sign(&payload, "the secret", now_us).expect("the secret is not empty");
    let window = Window {
        now_us,
        tolerance_us: 300_000_000,
    };
    report("a webhook's signature", signature.as_bytes(), |guess| {
        let guess = std::str::from_utf8(guess).unwrap_or_default();
        verify_signature(&payload, guess, &timestamp, "the secret", window)
    });
}

/// The tag of a stored value, which is its last 64 hex digits.
fn value() {
    let ring = Keyring::build(&KeyringSpec {
        primary: &KeyText::development(),
        previous: &[],
        hash_key_id: None,
        legacy_key_id: None,
        schemes: HashSchemes::default(),
        environment: Environment::Development,
    })
    .expect("the development key makes a ring");
    let mut value = Vec::new();
    encrypt_into(
        ring.primary(),
        Kind::Phone,
        b"+61401148075",
        b"",
        [7; 16],
        &mut value,
    );
    let (start, tag) = value.split_at(value.len() - 64);
    let mut guessed = value.clone();
    let mut plain = Vec::new();
    report("a value's tag", tag, |guess| {
        guessed[start.len()..].copy_from_slice(guess);
        plain.clear();
        decrypt_into(&ring, Kind::Phone, &guessed, b"", &mut plain).is_ok()
    });
}

/// Times guesses of `right` and prints a line.
fn report(name: &str, right: &[u8], mut is_right: impl FnMut(&[u8]) -> bool) {
    assert!(is_right(right), "{name}: the right one is taken");
    let mut guesses = [right.to_vec(), right.to_vec()];
    // Another hex digit, where it must be one.
    let wrong = |byte: u8| if byte == b'1' { b'2' } else { b'1' };
    guesses[0][0] = wrong(guesses[0][0]);
    let last = right.len() - 1;
    guesses[1][last] = wrong(guesses[1][last]);
    let mut guess = right.to_vec();
    let mut times: [Vec<f64>; 2] = Default::default();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..MEASURED {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let class = usize::from(random >> 63 != 0);
        // In one place, so that where a guess lies makes no difference.
        guess.copy_from_slice(&guesses[class]);
        let start = Instant::now();
        for _ in 0..CALLS {
            assert!(
                !black_box(is_right(black_box(&guess))),
                "{name}: a wrong one is not"
            );
        }
        times[class].push(start.elapsed().as_nanos() as f64 / f64::from(CALLS));
    }
    let [first, last] = times.map(|times| Sample::of(&times));
    let t = (first.mean - last.mean) / (first.error + last.error).sqrt();
    let verdict = match t.abs() < SUSPECT {
        true => "no difference",
        false => "differs",
    };
    let (first, last) = (first.mean, last.mean);
    println!("{name:>22}: {first:8.2} ns first, {last:8.2} ns last, t = {t:8.2}: {verdict}");
}

/// The quicker measurements of a class.
struct Sample {
    mean: f64,
    /// The square of the mean's standard error.
    error: f64,
}

impl Sample {
    fn of(times: &[f64]) -> Sample {
        let mut times = times.to_vec();
        times.sort_by(f64::total_cmp);
        times.truncate(times.len() * KEPT / 100);
        let count = times.len() as f64;
        let mean = times.iter().sum::<f64>() / count;
        let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
        Sample {
            mean,
            error: squares / (count - 1.0) / count,
        }
    }
}
