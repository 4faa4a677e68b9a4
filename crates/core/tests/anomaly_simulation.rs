//! Two weeks of made traffic of a thousand keys: how often usual traffic alarms, and how soon a tenfold rise is found. The figures
//! are printed (`--nocapture`), and stand in docs/anomalies.md.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod anomaly_support;

use anomaly_support::{HOUR_US, Key, MONDAY_US, Random, WEEK_US};
use phone_crypt_core::anomaly::{Baseline, Sensitivity, Window};

const KEYS: usize = 1000;
const WEEKS: i64 = 2;

/// What two weeks have shown.
#[derive(Debug, Default)]
struct Seen {
    /// False alarms in each week.
    alarms: [usize; WEEKS as usize],
    /// Rises that were tried, and those found in the first and in the second window, by the mean a window: from 3, 5, 10, 30 on.
    rises: [(usize, usize, usize); 4],
    /// Windows that a rise for good alarms, of those that were tried.
    lasting: Vec<usize>,
}

const FROM: [f64; 4] = [3.0, 5.0, 10.0, 30.0];

fn run(seed: u64, window: Window, threshold: f64) -> Seen {
    let mut random = Random::new(seed);
    let mut seen = Seen::default();
    for _ in 0..KEYS {
        let key = Key::random(&mut random, WEEKS);
        let mut baseline: Option<Baseline> = None;
        let mut start = MONDAY_US;
        while start < MONDAY_US + WEEKS * WEEK_US {
            let count = key.count(&mut random, window, start, 1.0);
            let week = (start - MONDAY_US) / WEEK_US;
            // A key is known from its first hit on.
            if count > 0.0 || baseline.is_some() {
                let known = baseline.get_or_insert_default();
                if week == 1 && random.next().is_multiple_of(97) {
                    try_rise(
                        &key,
                        known,
                        &mut random,
                        (window, start, threshold),
                        &mut seen,
                    );
                }
                let judged = known.observe(window, start, count, threshold);
                seen.alarms[week as usize] += usize::from(judged.is_unusual);
            }
            start += window.length_us();
        }
    }
    seen
}

/// From here on everything is ten times as much.
fn try_rise(
    key: &Key,
    known: &Baseline,
    random: &mut Random,
    (window, start, threshold): (Window, i64, f64),
    seen: &mut Seen,
) {
    let hours = window.length_us() as f64 / HOUR_US as f64;
    let mean = key.rate_at(start + window.length_us() / 2) * hours;
    if known.is_new() {
        return;
    }
    let Some(class) = FROM.iter().rposition(|from| mean >= *from) else {
        return;
    };
    let mut known = known.clone();
    let mut unusual = Vec::new();
    for nth in 0..200 {
        let start = start + nth * window.length_us();
        let count = key.count(random, window, start, 10.0);
        unusual.push(known.observe(window, start, count, threshold).is_unusual);
    }
    let rises = &mut seen.rises[class];
    rises.0 += 1;
    rises.1 += usize::from(unusual[0]);
    rises.2 += usize::from(unusual[0] || unusual[1]);
    if class >= 2 {
        seen.lasting.push(unusual.iter().filter(|it| **it).count());
    }
}

fn report(minutes: i64, sensitivity: Sensitivity, seeds: std::ops::Range<u64>) -> (f64, [f64; 4]) {
    let window = Window::new(minutes * 60_000_000).expect("a window");
    let mut alarms = [0; WEEKS as usize];
    let mut rises = [(0, 0, 0); 4];
    let mut lasting = Vec::new();
    let runs = (seeds.end - seeds.start) as f64;
    for seed in seeds {
        let seen = run(seed, window, sensitivity.threshold());
        for (sum, alarms) in alarms.iter_mut().zip(seen.alarms) {
            *sum += alarms;
        }
        for (sum, rise) in rises.iter_mut().zip(seen.rises) {
            *sum = (sum.0 + rise.0, sum.1 + rise.1, sum.2 + rise.2);
        }
        lasting.extend(seen.lasting);
    }
    lasting.sort_unstable();
    let median = lasting.get(lasting.len() / 2);
    let a_week = alarms.iter().sum::<usize>() as f64 / runs / WEEKS as f64;
    println!(
        "windows of {minutes} min, {sensitivity:?}: {a_week:.2} false alarms a week of {KEYS} keys ({alarms:?} in {runs} runs)"
    );
    for (from, (tried, first, both)) in FROM.iter().zip(rises) {
        let part = |count: usize| 100.0 * count as f64 / tried.max(1) as f64;
        println!(
            "  mean from {from:>2}: {tried} rises, {:.1} % in the first window, {:.1} % in two",
            part(first),
            part(both)
        );
    }
    println!("  a rise for good alarms in {median:?} windows (median)");
    (
        a_week,
        rises.map(|(tried, _, both)| both as f64 / tried.max(1) as f64),
    )
}

#[test]
fn usual_traffic_is_quiet_and_a_tenfold_rise_is_found() {
    for minutes in [60, 10] {
        report(minutes, Sensitivity::Low, 0..4);
        let (a_week, found) = report(minutes, Sensitivity::Medium, 0..4);
        assert!(a_week <= 1.0, "{a_week} false alarms a week");
        let [_, from_5, from_10, from_30] = found;
        assert!(from_5 >= 0.85, "from 5: {from_5}");
        assert!(
            from_10 >= 0.93 && from_30 >= 0.96,
            "from 10: {from_10}, from 30: {from_30}"
        );
        let (_, found) = report(minutes, Sensitivity::High, 0..4);
        assert!(found.iter().all(|part| *part >= 0.95), "{found:?}");
    }
}
