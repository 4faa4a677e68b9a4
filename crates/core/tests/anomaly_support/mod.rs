//! Made traffic: what a key is hit in each window of two weeks. Every number follows from the seed.

use phone_crypt_core::anomaly::Window;

pub const HOUR_US: i64 = 3_600_000_000;
pub const DAY_US: i64 = 24 * HOUR_US;
pub const WEEK_US: i64 = 7 * DAY_US;
/// A Monday.
pub const MONDAY_US: i64 = 4 * DAY_US + 52 * 52 * WEEK_US;

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    pub fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + self.part() * (to - from)
    }

    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.part()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.part()).cos()
    }

    /// A count whose mean this is.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 50.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.part(), 0.0);
        while product > limit {
            product *= self.part();
            count += 1.0;
        }
        count
    }
}

/// When a key is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Day and night, more by day.
    Daily,
    /// From nine to five on weekdays.
    Office,
    /// As `Daily`, with days of silence.
    Quiet,
}

/// A key: a rate an hour, a habit, and when it begins.
#[derive(Debug, Clone)]
pub struct Key {
    pub habit: Habit,
    pub rate: f64,
    swing: f64,
    peak_hour: f64,
    weekend: f64,
    noise: f64,
    pub begins_us: i64,
    pub silent: Vec<(i64, i64)>,
    /// Beginning, end, and by how much.
    bursts: Vec<(i64, i64, f64)>,
}

impl Key {
    /// Of a thousand: 60 % daily, 20 % in the office, 20 % with days of silence; one in five begins within the two weeks. Rates from
    /// 0.2 to 500 an hour; each has a burst or two a week, up to threefold, for up to three hours.
    pub fn random(random: &mut Random, weeks: i64) -> Key {
        let habit = match random.next() % 10 {
            0..6 => Habit::Daily,
            6..8 => Habit::Office,
            _ => Habit::Quiet,
        };
        let until = weeks * WEEK_US;
        let time = |random: &mut Random| MONDAY_US + (random.part() * until as f64) as i64;
        let silent = match habit {
            Habit::Quiet => (0..weeks)
                .map(|_| {
                    let from = time(random);
                    (
                        from,
                        from + (random.between(1.0, 7.0) * DAY_US as f64) as i64,
                    )
                })
                .collect(),
            _ => Vec::new(),
        };
        let bursts = (0..weeks + (random.next() % 3) as i64)
            .map(|_| {
                let from = time(random);
                let length = (random.between(0.2, 3.0) * HOUR_US as f64) as i64;
                (from, from + length, random.between(1.5, 3.0))
            })
            .collect();
        Key {
            habit,
            rate: (random.between(0.2f64.ln(), 500f64.ln())).exp(),
            swing: random.between(0.2, 0.9),
            peak_hour: random.between(10.0, 20.0),
            weekend: random.between(0.2, 1.2),
            noise: random.between(0.05, 0.3),
            begins_us: if random.next().is_multiple_of(5) {
                time(random)
            } else {
                MONDAY_US
            },
            silent,
            bursts,
        }
    }

    /// The mean an hour at a time, without bursts.
    pub fn rate_at(&self, time_us: i64) -> f64 {
        if time_us < self.begins_us || is_within(&self.silent, time_us) {
            return 0.0;
        }
        let hour = time_us.rem_euclid(DAY_US) as f64 / HOUR_US as f64;
        let is_weekend = (time_us - MONDAY_US).rem_euclid(WEEK_US) >= 5 * DAY_US;
        if self.habit == Habit::Office {
            let is_open = !is_weekend && (9.0..17.0).contains(&hour);
            return if is_open { 2.0 * self.rate } else { 0.0 };
        }
        let of_day =
            1.0 + self.swing * ((hour - self.peak_hour) * std::f64::consts::TAU / 24.0).cos();
        self.rate * of_day * if is_weekend { self.weekend } else { 1.0 }
    }

    /// How often it is hit in the window that begins then, if its traffic is `times` the usual one.
    pub fn count(&self, random: &mut Random, window: Window, start_us: i64, times: f64) -> f64 {
        let middle = start_us + window.length_us() / 2;
        let burst = (self.bursts.iter())
            .find(|(from, to, _)| (*from..*to).contains(&middle))
            .map_or(1.0, |(_, _, factor)| *factor);
        let noise = (self.noise * random.normal()).exp();
        let hours = window.length_us() as f64 / HOUR_US as f64;
        random.poisson(self.rate_at(middle) * hours * burst * noise * times)
    }
}

fn is_within(spans: &[(i64, i64)], time_us: i64) -> bool {
    spans
        .iter()
        .any(|(from, to)| (*from..*to).contains(&time_us))
}
