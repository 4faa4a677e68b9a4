//! What is usual of a key, and how far a window is from it.
//!
//! * The **mean** is one of each hour of the day, so that a night is held against nights, and those of Saturdays and Sundays apart:
//!   an exponentially weighted one, in which what is a day older counts for 85 %. A weekend's hour that was never seen has that of
//!   weekdays; an hour that was never seen at all has the highest count of the last days. A rise that lasts raises `level`
//!   as well, a tenth of the way each window (less in an unusual one); any lower count takes it down at once.
//! * The **deviation** is what the counts themselves have (weighted over three days, as a part of the mean, within bounds; more
//!   where few windows have taught the mean), with what chance alone gives a count of this mean, and two more: small
//!   counts do not alarm.
//! * **Cold start**: nothing is unusual in the first windows ([`WARM_UP`]), which count equally. The deviation begins at its most.
//! * **Silence** teaches nothing: a key that was not used for days, or is not at night, may come back.
//! * **An unusual window** teaches no more than mean and deviation together, so that an attack is not the usual thing soon. The
//!   mean still grows, so that a rise that stays stops alarming in the end.

use super::window::{HOUR_US, HOURS, Window, hour_of, same_hour_of_a_weekday};

/// Windows with hits in which nothing is unusual yet.
pub const WARM_UP: u32 = 12;

/// Counts beyond this are no different.
const MAX_COUNT: f64 = 1e15;
/// What a mean of an hour is worth a day later.
const KEPT_A_DAY: f64 = 0.85;
/// So much of the way `level` goes up in a window, and in an unusual one.
const LEVEL_STEPS: (f64, f64) = (0.1, 0.03);
/// The time over which deviations are weighted.
const SPREAD_US: i64 = 72 * HOUR_US;
/// The time in which the highest count loses half.
const HIGH_US: i64 = 7 * 24 * HOUR_US;
/// As parts of the mean, the least and the greatest usual deviation.
const SPREADS: (f64, f64) = (0.5, 0.6);
/// The smallest deviation.
const LEAST_DEVIATION: f64 = 2.0;
/// Counts much below this say little of the deviation.
const SPREAD_FROM: f64 = 10.0;

/// The mean of an hour of the day, and the windows that have taught it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Hour {
    pub(super) mean: f32,
    pub(super) windows: u16,
}

/// What is usual of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    pub(super) windows: u32,
    /// When the last window began that taught anything.
    pub(super) taught_us: i64,
    pub(super) level: f32,
    pub(super) high: f32,
    /// The mean square of deviations as parts of the mean, from 0 to 1.
    pub(super) spread: f32,
    pub(super) hours: [Hour; HOURS],
}

/// What is to be said of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The mean that was to be expected.
    pub expected: f64,
    /// How many deviations the count is above it; negative below it.
    pub score: f64,
    /// Whether that is unusual.
    pub is_unusual: bool,
}

impl Default for Baseline {
    fn default() -> Baseline {
        Baseline {
            windows: 0,
            taught_us: 0,
            level: 0.0,
            high: 0.0,
            spread: 1.0,
            hours: [Hour::default(); HOURS],
        }
    }
}

impl Baseline {
    /// Judges the count of the window that began then, and learns from it. From `threshold` deviations on it is unusual. A count
    /// that is no number, or negative, is none.
    pub fn observe(
        &mut self,
        window: Window,
        start_us: i64,
        count: f64,
        threshold: f64,
    ) -> Judgement {
        let count = match count.is_nan() {
            true => 0.0,
            false => count.clamp(0.0, MAX_COUNT),
        };
        let hour = hour_of(start_us);
        let (expected, windows) = self.expected(hour);
        let deviation = self.deviation((expected, windows));
        let score = (count - expected) / deviation;
        let is_unusual = !self.is_new() && score >= threshold;
        let taught = match is_unusual {
            true => count.min(expected + deviation),
            false => count,
        };
        if count > 0.0 {
            self.learn_spread(window, expected, taught);
            match is_unusual {
                true => self.learn_reluctantly(window, hour, taught),
                false => self.learn_usual(window, start_us, taught),
            }
        }
        Judgement {
            expected,
            score,
            is_unusual,
        }
    }

    /// The mean that is to be expected of the window that begins then.
    #[must_use]
    pub fn mean(&self, start_us: i64) -> f64 {
        self.expected(hour_of(start_us)).0
    }

    /// Whether nothing is unusual yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.windows < WARM_UP
    }

    /// The windows that have taught it.
    #[must_use]
    pub fn windows(&self) -> u32 {
        self.windows
    }

    /// The mean, and how many windows have taught it.
    fn expected(&self, hour: usize) -> (f64, u16) {
        let seen = [hour, same_hour_of_a_weekday(hour)].map(|hour| self.hours[hour]);
        let usual = seen.iter().find(|hour| hour.windows > 0);
        let usual = usual.copied().unwrap_or(Hour {
            mean: self.high,
            windows: 1,
        });
        (f64::from(usual.mean.max(self.level)), usual.windows)
    }

    /// A mean of few windows is itself as far off as one of them.
    fn deviation(&self, (expected, windows): (f64, u16)) -> f64 {
        let part = f64::from(self.spread).sqrt().clamp(SPREADS.0, SPREADS.1);
        let of_mean = 1.0 + 0.5 / f64::from(windows);
        let of_chance = expected + LEAST_DEVIATION * LEAST_DEVIATION;
        ((part * expected).powi(2) * of_mean + of_chance).sqrt()
    }

    fn learn_spread(&mut self, window: Window, expected: f64, count: f64) {
        if self.windows == 0 {
            return;
        }
        let weight = 1.0 - (-window.part_of(SPREAD_US)).exp();
        let weight = weight * expected / (expected + SPREAD_FROM);
        let square = ((count - expected).powi(2) - expected) / expected.max(1.0).powi(2);
        self.spread = towards(self.spread, square.clamp(0.0, 1.0), weight);
    }

    fn learn_usual(&mut self, window: Window, start_us: i64, count: f64) {
        let Hour { mean, windows } = &mut self.hours[hour_of(start_us)];
        *windows = windows.saturating_add(1);
        let weight = mean_weight(window).max(1.0 / f64::from(*windows));
        *mean = towards(*mean, count, weight);
        let age_us = start_us.saturating_sub(self.taught_us).max(0);
        let faded = f64::from(self.high) * 0.5f64.powf(age_us as f64 / HIGH_US as f64);
        self.high = count.max(faded) as f32;
        self.taught_us = start_us;
        self.learn_level(count, LEVEL_STEPS.0);
        self.windows = self.windows.saturating_add(1);
    }

    /// Of an unusual window: it does not count as one of the first of an hour, nor as the highest.
    fn learn_reluctantly(&mut self, window: Window, hour: usize, count: f64) {
        let Hour { mean, windows } = &mut self.hours[hour];
        if *windows > 0 {
            *mean = towards(*mean, count, mean_weight(window));
        }
        self.learn_level(count, LEVEL_STEPS.1);
    }

    fn learn_level(&mut self, count: f64, upwards: f64) {
        let is_lower = count < f64::from(self.level);
        let step = if is_lower { 1.0 } else { upwards };
        self.level = towards(self.level, count, step);
    }
}

/// What a window counts in the mean of its hour, once there have been many.
fn mean_weight(window: Window) -> f64 {
    1.0 - KEPT_A_DAY.powf(window.part_of(HOUR_US).min(1.0))
}

/// A part of the way from one number to another.
fn towards(from: f32, to: f64, part: f64) -> f32 {
    let from = f64::from(from);
    (from + part * (to - from)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLD: f64 = 8.0;
    const MINUTE: i64 = 60_000_000;

    fn window() -> Window {
        Window::new(MINUTE).expect("a window")
    }

    /// A key that was hit so often in each of so many windows.
    fn taught(count: f64, windows: i64) -> Baseline {
        let mut baseline = Baseline::default();
        for nth in 0..windows {
            baseline.observe(window(), nth * MINUTE, count, THRESHOLD);
        }
        baseline
    }

    #[test]
    fn the_first_windows_never_alarm() {
        let mut baseline = Baseline::default();
        for nth in 0..i64::from(WARM_UP) {
            let judged =
                baseline.observe(window(), nth * MINUTE, 10f64.powi(nth as i32), THRESHOLD);
            assert!(!judged.is_unusual, "{nth}");
        }
        assert!(!baseline.is_new());
    }

    #[test]
    fn a_tenfold_rise_is_unusual_and_a_threefold_one_is_not() {
        for count in [5.0, 20.0, 1000.0] {
            let rise =
                |times: f64| taught(count, 60).observe(window(), HOUR_US, times * count, THRESHOLD);
            assert!(rise(10.0).is_unusual, "{count}");
            assert!(!rise(3.0).is_unusual, "{count}");
        }
    }

    #[test]
    fn small_counts_do_not_alarm() {
        let mut baseline = taught(1.0, 60);
        assert!(
            !baseline
                .observe(window(), HOUR_US, 10.0, THRESHOLD)
                .is_unusual
        );
    }

    #[test]
    fn an_unusual_window_teaches_little() {
        let mut baseline = taught(20.0, 60);
        let before = baseline.mean(59 * MINUTE);
        assert!(
            baseline
                .observe(window(), 59 * MINUTE, 1e9, THRESHOLD)
                .is_unusual
        );
        let after = baseline.mean(59 * MINUTE);
        assert!(after > before && after < 1.1 * before, "{before} {after}");
        // It goes on, and is the usual thing only after many windows.
        let alarms = (60..10_000)
            .take_while(|nth| {
                baseline
                    .observe(window(), nth * MINUTE, 200.0, THRESHOLD)
                    .is_unusual
            })
            .count();
        assert!((8..200).contains(&alarms), "{alarms}");
    }

    #[test]
    fn silence_teaches_nothing() {
        let mut baseline = taught(20.0, 60);
        let before = baseline.clone();
        for nth in 60..10_000 {
            baseline.observe(window(), nth * MINUTE, 0.0, THRESHOLD);
        }
        assert_eq!(baseline, before);
        let back = baseline.observe(window(), 10_000 * MINUTE, 25.0, THRESHOLD);
        assert!(!back.is_unusual);
    }

    #[test]
    fn an_hour_never_seen_has_the_highest_count() {
        let baseline = taught(20.0, 30);
        assert!((baseline.mean(5 * HOUR_US) - 20.0).abs() < 1.0);
    }
}
