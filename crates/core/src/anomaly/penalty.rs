//! How long a key is kept waiting that goes on being unusual.

/// The first wait, as a part of the longest.
const FIRST_PART: i64 = 32;

/// How long the n-th unusual window in a row (from 1) keeps its key waiting: a 32nd of the longest, then twice as long each time.
#[must_use]
pub fn throttle_us(nth: i64, longest_us: i64) -> i64 {
    let first = (longest_us / FIRST_PART).max(1);
    let doublings = nth.clamp(1, 1 + i64::from(FIRST_PART.ilog2())) - 1;
    first.saturating_mul(1 << doublings).min(longest_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<i64> = (0..9).map(|nth| throttle_us(nth, 3200)).collect();
        assert_eq!(waits, [100, 100, 200, 400, 800, 1600, 3200, 3200, 3200]);
        assert_eq!(throttle_us(i64::MAX, i64::MAX), i64::MAX / 32 * 32);
        assert_eq!(throttle_us(1, 1), 1);
    }
}
