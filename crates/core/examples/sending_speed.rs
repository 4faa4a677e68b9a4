//! What it costs a check to look at earlier sends: nanoseconds of the counts of `sending::observed`, with 100,000 sends open, of
//! numbers all over a region, from 20,000 clients. `cargo run --release -p phone_crypt_core --example sending_speed`

#[path = "../tests/sending_support/mod.rs"]
mod sending_support;

use phone_crypt_core::sending::observed::{
    Attempt, CLIENTS, Outcome, Region, Rules, SENDS, Scope, Send,
};
use sending_support::{Volume, send};
use std::time::Instant;

const SCOPE: Scope = Scope { owner: 1, space: 1 };
const START: i64 = 1_800_000_000;
const OPEN: i64 = 100_000;

fn main() {
    let mut volume = Volume::new(SENDS, CLIENTS);
    let rules = Rules {
        conversion: false,
        regions_per_client: 3,
        blocks_suspects: true,
    };
    let number = |id: i64| {
        let spread = id.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) % 100_000_000;
        format!("614{spread:08}")
    };
    let attempts: Vec<Attempt> = (1..=3 * OPEN)
        .map(|id| Attempt {
            send: Send {
                scope: SCOPE,
                region: Region::of("AU"),
                client: 1 + id.cast_unsigned() % 20_000,
                due_s: START + 600 + id / 1000,
                ..send(id, &number(id))
            },
            rules,
            has_verified: false,
        })
        .collect();
    let (warm, measured) = attempts.split_at(OPEN as usize);
    for attempt in warm {
        let _ = volume.book().reserve(attempt, START);
    }
    time("enter and take back", OPEN, || {
        for attempt in &measured[..OPEN as usize] {
            let mut book = volume.book();
            let _ = book.reserve(attempt, START);
            book.give_back(SCOPE.owner, attempt.send.id);
        }
    });
    settle_with_and_without_ranges(&attempts);
    time("enter, and settle another as unverified", OPEN, || {
        for attempt in &measured[..OPEN as usize] {
            let now_s = attempt.send.due_s - OPEN / 1000;
            let _ = volume.book().reserve(attempt, now_s);
        }
    });
    time("enter and verify", OPEN, || {
        for attempt in &measured[OPEN as usize..] {
            let mut book = volume.book();
            let _ = book.reserve(attempt, START);
            let _ = book.report(SCOPE.owner, attempt.send.id, Outcome::Verified, START);
        }
    });
}

/// What it costs to count by ranges, and to look for pumped ones: two books that differ in nothing else, in turns.
fn settle_with_and_without_ranges(attempts: &[Attempt]) {
    let mut volumes = [true, false].map(|has_ranges| {
        let mut volume = Volume::new(SENDS, CLIENTS);
        if !has_ranges {
            volume.count_no_ranges();
        }
        volume
    });
    let (warm, measured) = attempts.split_at(OPEN as usize);
    for volume in &mut volumes {
        for attempt in warm {
            let _ = volume.book().reserve(attempt, START);
        }
    }
    let mut spent = [0; 2];
    for turn in measured.chunks(1000) {
        for (volume, spent) in volumes.iter_mut().zip(&mut spent) {
            let start = Instant::now();
            for attempt in turn {
                let now_s = attempt.send.due_s - OPEN / 1000;
                // What is refused costs less: a book with ranges would seem the faster one.
                let attempt = Attempt {
                    has_verified: true,
                    ..*attempt
                };
                let answer = volume.book().reserve(&attempt, now_s);
                assert!(answer.is_ok(), "{answer:?}");
            }
            *spent += start.elapsed().as_nanos();
        }
    }
    let each = spent.map(|spent| spent as f64 / measured.len() as f64);
    println!(
        "enter, and settle another as unverified: {:.0} ns, {:.0} ns without ranges; they cost {:.0} ns",
        each[0],
        each[1],
        each[0] - each[1]
    );
}

fn time(what: &str, times: i64, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    println!(
        "{what}: {:.0} ns",
        start.elapsed().as_nanos() as f64 / times as f64
    );
}
