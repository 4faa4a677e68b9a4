//! Sessions that hit many keys without a pause, and what the server told them.

use phone_crypt_client_tests::Server;
use postgres::Client;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

/// How many keys are hit.
pub const KEYS: usize = 40;
const SESSIONS: usize = 8;

/// What became of the hits of each key.
#[derive(Debug, Default)]
pub struct Outcome {
    /// When each hit was answered.
    pub answered: Vec<Vec<Instant>>,
    /// Hits that were sent, with an answer or without.
    pub sent: Vec<usize>,
}

impl Outcome {
    fn new() -> Outcome {
        Outcome {
            answered: vec![Vec::new(); KEYS],
            sent: vec![0; KEYS],
        }
    }

    fn add(&mut self, other: Outcome) {
        for key in 0..KEYS {
            self.answered[key].extend(&other.answered[key]);
            self.sent[key] += other.sent[key];
        }
    }

    /// The keys with how many of their hits were answered before that moment, and how many were sent at all.
    pub fn bounds(&self, before: Instant) -> impl Iterator<Item = (String, usize, usize)> {
        let answered = move |key: usize| self.answered[key].iter().filter(move |&&at| at < before);
        (0..KEYS).map(move |key| (name(key), answered(key).count(), self.sent[key]))
    }
}

fn name(key: usize) -> String {
    format!("key {key}")
}

/// Has sessions make this hit (of key `$1`) on one key after the other, while `meanwhile` runs, or until their
/// connection breaks. A hit that is an error on a whole connection panics.
pub fn under_load<T>(
    server: &Server,
    database: &str,
    hit: &str,
    meanwhile: impl FnOnce() -> T,
) -> (Outcome, T) {
    let is_over = &AtomicBool::new(false);
    let clients: Vec<_> = (0..SESSIONS)
        .map(|_| server.connect_as("postgres", database))
        .collect();
    thread::scope(|scope| {
        let threads: Vec<_> = clients
            .into_iter()
            .zip(0..)
            .map(|(client, first)| scope.spawn(move || hit_on(client, hit, first, is_over)))
            .collect();
        let result = meanwhile();
        is_over.store(true, Ordering::Relaxed);
        let mut outcome = Outcome::new();
        for thread in threads {
            outcome.add(thread.join().unwrap());
        }
        (outcome, result)
    })
}

fn hit_on(mut client: Client, hit: &str, first: usize, is_over: &AtomicBool) -> Outcome {
    let mut outcome = Outcome::new();
    let Ok(statement) = client.prepare(hit) else {
        return outcome;
    };
    for key in (first..).map(|n| n % KEYS) {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        outcome.sent[key] += 1;
        match client.query_one(&statement, &[&name(key)]) {
            Ok(_) => outcome.answered[key].push(Instant::now()),
            Err(error) if is_end(&error) => break,
            Err(error) => panic!("a hit failed under load: {error:?}"),
        }
    }
    outcome
}

/// Whether the connection broke, or the server said that it must.
fn is_end(error: &postgres::Error) -> bool {
    error
        .code()
        .is_none_or(|code| code.code().starts_with("57P"))
}
