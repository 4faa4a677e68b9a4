//! What a call costs: nanoseconds each, for the ways people write numbers.
//!
//! Run it with `cargo run --release -p phone_crypt_core --example phone_speed`. Each line is the
//! fastest of several rounds, so that whatever else the machine does counts as little as it can.

use phone_crypt_core::phone::{Regions, is_valid, mask, normalize, parse, warm_up};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: u32 = 9;
const CALLS_A_ROUND: u32 = 20_000;

fn main() {
    let Ok(regions) = Regions::parse("AU,US") else {
        return;
    };
    warm_up(&regions);
    println!("default regions AU,US; ns per call");
    for (what, input) in [
        ("E.164", "+61401148075"),
        ("E.164, punctuated", "+1 (401) 148-0751"),
        ("E.164, full parse", "\u{ff0b}61401148075"),
        ("national, first region", "(04) 0114-8075"),
        ("national, second region", "(650) 253-0000"),
        ("national, not valid", "4011480751"),
        ("letters", "1-800-FLOWERS"),
        ("extension", "0401 148 075 x123"),
        ("garbage", "ask for Bob"),
    ] {
        let nanoseconds = fastest(|| normalize(black_box(input), &regions).is_ok());
        println!("normalize  {what:<24} {nanoseconds:>6}");
    }
    let national = "(04) 0114-8075";
    let is_mobile = || parse(black_box(national), &regions).map(|phone| phone.phone_type());
    println!(
        "parse      {:<24} {:>6}",
        "and its type",
        fastest(is_mobile)
    );
    println!(
        "is_valid   {:<24} {:>6}",
        "national",
        fastest(|| is_valid(black_box(national), &regions))
    );
    println!(
        "mask       {:<24} {:>6}",
        "E.164",
        fastest(|| mask(black_box("+61401148075"), &regions))
    );
    println!(
        "Regions    {:<24} {:>6}",
        "AU,US",
        fastest(|| Regions::parse(black_box("AU,US")))
    );
}

/// The cost of a call in the fastest round, in nanoseconds.
fn fastest<T>(call: impl Fn() -> T) -> u128 {
    let round = |_| {
        let start = Instant::now();
        for _ in 0..CALLS_A_ROUND {
            black_box(call());
        }
        start.elapsed().as_nanos() / u128::from(CALLS_A_ROUND)
    };
    (0..ROUNDS).map(round).min().unwrap_or_default()
}
