//! What an algorithm allows, worked out from nothing but the list of hits that were allowed.

use phone_crypt_core::ratelimit::{Algorithm, Quota};

/// How many hits of cost 1 would be allowed at `now_us`, after these (time and cost).
pub fn remaining(algorithm: Algorithm, quota: &Quota, hits: &[(i64, i64)], now_us: i64) -> i64 {
    match algorithm {
        Algorithm::FixedWindow => (quota.limit() - in_fixed_window(quota, hits, now_us)).max(0),
        Algorithm::SlidingWindow => free_in_sliding_window(quota, hits, now_us),
        Algorithm::TokenBucket => tokens(quota, hits, now_us),
        Algorithm::Calendar => panic!("a calendar has an oracle of its own"),
    }
}

/// Replays the hits into windows, each of which begins with the first hit after the one before is over.
fn in_fixed_window(quota: &Quota, hits: &[(i64, i64)], now_us: i64) -> i64 {
    let window = quota.window_us();
    let mut start = None;
    let mut count = 0;
    for &(time, cost) in hits {
        if start.is_none_or(|start| time >= start + window) {
            (start, count) = (Some(time), 0);
        }
        count += cost;
    }
    if start.is_some_and(|start| now_us < start + window) {
        count
    } else {
        0
    }
}

fn free_in_sliding_window(quota: &Quota, hits: &[(i64, i64)], now_us: i64) -> i64 {
    let window = quota.window_us();
    let number = now_us.div_euclid(window);
    let count = |wanted: i64| -> i128 {
        let inside = |hit: &&(i64, i64)| hit.0.div_euclid(window) == wanted;
        hits.iter()
            .filter(inside)
            .map(|hit| i128::from(hit.1))
            .sum()
    };
    let overlap = i128::from((number + 1) * window - now_us);
    let used = count(number - 1) * overlap + count(number) * i128::from(window);
    let free = i128::from(quota.limit()) * i128::from(window) - used;
    (free / i128::from(window)).max(0) as i64
}

/// Fills a bucket of capacity x interval nanoseconds, and takes out what each hit took.
fn tokens(quota: &Quota, hits: &[(i64, i64)], now_us: i64) -> i64 {
    if quota.limit() == 0 {
        return 0;
    }
    let window_ns = i128::from(quota.window_us()) * 1000;
    let limit = i128::from(quota.limit());
    let interval = (window_ns + limit - 1) / limit;
    let full = i128::from(quota.capacity()) * interval;
    let (mut level, mut last) = (full, 0);
    for &(time, cost) in hits {
        level = (level + i128::from(time - last) * 1000).min(full) - i128::from(cost) * interval;
        assert!(level >= 0, "the bucket went below empty");
        last = time;
    }
    ((level + i128::from(now_us - last) * 1000).min(full) / interval) as i64
}
