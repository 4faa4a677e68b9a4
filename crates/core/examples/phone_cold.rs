//! What first use costs: time and memory, with our metadata or with the parser's own.
//!
//! Run it with `cargo run --release -p phone_crypt_core --example phone_cold -- ours`, and again
//! with `-- builtin` for the same work by rlibphonenumber under the metadata that it carries. Each
//! needs a process of its own. Memory is the growth of the resident size that Linux reports.

use phone_crypt_core::phone::{Region, Regions, normalize, parse_one, warm_up};
use rlibphonenumber::PHONE_NUMBER_UTIL;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Asks for the type of a number written in a region: it takes every pattern of the region.
type Ask = fn(&str, &str);

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("ours") => {
            first_calls();
            every_region(ask_us);
        }
        Some("builtin") => {
            report("parser built", || ask_builtin("AU", "x"));
            every_region(ask_builtin);
        }
        _ => eprintln!("say which metadata: ours or builtin"),
    }
}

/// What the first calls of a process cost, before and after warming up.
fn first_calls() {
    let Ok(regions) = Regions::parse("AU,US") else {
        return;
    };
    let call = |input| {
        std::hint::black_box(normalize(input, &regions).is_ok());
    };
    report("first call, E.164", || call("+61401148075"));
    report("parser built", || ask_us("AU", "x"));
    report("warm_up for AU,US", || warm_up(&regions));
    report("first call, national, first region", || {
        call("0401 148 075")
    });
    report("first call, national, second region", || {
        call("(650) 253-0000")
    });
    report("first call, not valid anywhere", || call("4011480751"));
}

/// One valid number of each region, then every valid number of the corpus.
fn every_region(ask: Ask) {
    let mut seen = HashSet::new();
    let (first, rest): (Vec<_>, Vec<_>) =
        valid_numbers().partition(|(_, region)| seen.insert(*region));
    let mut times: Vec<Duration> = Vec::new();
    report("first number of every region", || {
        times = first
            .iter()
            .map(|(input, region)| timed(|| ask(region, input)))
            .collect();
    });
    times.sort_unstable();
    if let (Some(median), Some(most)) = (times.get(times.len() / 2), times.last()) {
        println!(
            "  of a region: median {median:.1?}, most {most:.1?}, of {} regions",
            times.len()
        );
    }
    report("all other numbers of the corpus", || {
        rest.iter().for_each(|(input, region)| ask(region, input));
    });
}

/// Inputs and regions of the corpus where libphonenumber finds a valid number.
fn valid_numbers() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("../tests/data/phone_corpus.tsv")
        .lines()
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let (input, region) = (fields.next()?, fields.next()?);
            (fields.nth(1) == Some("1") && region != "ZZ").then_some((input, region))
        })
}

fn ask_us(region: &str, input: &str) {
    if let Ok(phone) = parse_one(input, Region::parse(region).ok()) {
        std::hint::black_box(phone.phone_type());
    }
}

fn ask_builtin(region: &str, input: &str) {
    let region = rlibphonenumber::Region::from_code(region).ok();
    if let Ok(phone) = PHONE_NUMBER_UTIL.parse(input, region) {
        std::hint::black_box(PHONE_NUMBER_UTIL.get_number_type(&phone));
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn report(what: &str, work: impl FnOnce()) {
    let before = resident_kilobytes();
    let time = timed(work);
    let grown = resident_kilobytes().saturating_sub(before);
    println!(
        "{what:<40} {:>9.3} ms {grown:>8} kB",
        time.as_secs_f64() * 1e3
    );
}

/// The resident size of this process; 0 where the system does not say.
fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|size| size.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or_default()
}
