//! Properties of baselines, whatever the counts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use phone_crypt_core::anomaly::{Baseline, STORED_LEN, Sensitivity, Window, throttle_us};
use proptest::prelude::*;

fn any_count() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (0u32..10_000).prop_map(f64::from),
        1 => any::<f64>(),
    ]
}

proptest! {
    #[test]
    fn what_is_stored_comes_back(
        counts in prop::collection::vec((any::<u32>(), any_count()), 0..50), length in 1_000_000i64..86_400_000_000,
    ) {
        let window = Window::new(length).expect("a window");
        let mut baseline = Baseline::default();
        for (nth, count) in counts {
            let judged = baseline.observe(window, i64::from(nth % 100_000) * length, count, 8.0);
            prop_assert!(judged.score.is_finite() && judged.expected.is_finite() && judged.expected >= 0.0, "{judged:?}");
            let bytes = baseline.to_bytes();
            prop_assert_eq!(bytes.len(), STORED_LEN);
            prop_assert_eq!(Baseline::from_bytes(&bytes), Some(baseline.clone()));
        }
    }

    #[test]
    fn other_bytes_are_no_baseline_or_one_that_can_be_used(bytes in prop::collection::vec(any::<u8>(), 0..2 * STORED_LEN)) {
        if let Some(mut baseline) = Baseline::from_bytes(&bytes) {
            let window = Window::new(1_000_000).expect("a window");
            let judged = baseline.observe(window, i64::MAX, 1e300, 8.0);
            prop_assert!(!judged.score.is_nan());
        }
    }

    #[test]
    fn what_counts_more_scores_more(usual in 0u32..1000, one in 0u32..100_000, more in 1u32..100_000) {
        let window = Window::new(60_000_000).expect("a window");
        let mut baseline = Baseline::default();
        for nth in 0..30 {
            baseline.observe(window, nth * 60_000_000, f64::from(usual), 8.0);
        }
        let score = |count: u32| baseline.clone().observe(window, 1_800_000_000, f64::from(count), 8.0).score;
        prop_assert!(score(one) < score(one + more));
    }

    #[test]
    fn a_wait_is_never_longer_than_the_longest(nth in any::<i64>(), longest in 1i64..i64::MAX) {
        prop_assert!((1..=longest).contains(&throttle_us(nth, longest)));
    }
}

#[test]
fn sensitivities_by_name() {
    for (name, threshold) in [("low", 12.0), ("medium", 8.0), ("high", 5.0)] {
        assert_eq!(
            Sensitivity::parse(name).map(Sensitivity::threshold),
            Ok(threshold)
        );
    }
    assert!(Sensitivity::parse("Medium").is_err());
}
