//! How many codes to the numbers of a range were verified, for every length of its first digits: the counts in which pumped
//! ranges are found. A number's last three digits are never kept.

use super::prefix::Prefix;
use super::scope::Scope;
use super::sends::NumberHash;

/// The fewest digits of a range: shorter ones are whole countries.
pub const FEWEST_DIGITS: usize = 4;
/// Places that a range may be in: of those that are taken, the one that was counted longest ago gives way.
const REACH: usize = 4;
/// Counts are of this stretch of time and the one before it.
const STRETCH_S: i64 = 6 * 3600;

/// The counts of one range; a cache line. All zeroes: free.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(64))]
pub struct Range {
    /// Whose it is.
    pub scope: Scope,
    /// Its digits.
    pub prefix: Prefix,
    verified: [u32; 2],
    unverified: [u32; 2],
    /// A bit for each number, by its hash: so many different ones at least as there are bits.
    numbers: [u64; 2],
    stretch: u32,
    /// When a code was last found not to be verified, in seconds since 1970.
    last_unverified_s: u32,
}

/// What is known of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RangeCounts {
    /// Codes that were verified.
    pub verified: u64,
    /// And not.
    pub unverified: u64,
    /// To so many different numbers at least; 64 at most are told apart.
    pub numbers: u32,
    /// When one was last found not to be verified.
    pub last_unverified_s: i64,
}

impl Range {
    fn advance(&mut self, stretch: u32) {
        if stretch <= self.stretch {
            return;
        }
        let is_next = stretch - self.stretch == 1;
        let moved = |count: u32| [0, if is_next { count } else { 0 }];
        self.verified = moved(self.verified[0]);
        self.unverified = moved(self.unverified[0]);
        self.numbers = [0, if is_next { self.numbers[0] } else { 0 }];
        self.stretch = stretch;
    }

    fn count(&mut self, number: NumberHash, is_verified: bool, now_s: i64) {
        self.advance(stretch(now_s));
        self.numbers[0] |= 1 << (number[1] % 64);
        let count = match is_verified {
            true => &mut self.verified[0],
            false => {
                let at_s = u32::try_from(now_s).unwrap_or(u32::MAX);
                self.last_unverified_s = self.last_unverified_s.max(at_s);
                &mut self.unverified[0]
            }
        };
        *count = count.saturating_add(1);
    }

    /// What is known of it now.
    #[must_use]
    pub fn counts(&self, now_s: i64) -> RangeCounts {
        let mut current = *self;
        current.advance(stretch(now_s));
        let both = |pair: [u32; 2]| u64::from(pair[0]) + u64::from(pair[1]);
        RangeCounts {
            verified: both(current.verified),
            unverified: both(current.unverified),
            numbers: (current.numbers[0] | current.numbers[1]).count_ones(),
            last_unverified_s: i64::from(current.last_unverified_s),
        }
    }

    fn is(&self, scope: Scope, prefix: Prefix) -> bool {
        self.prefix == prefix && self.scope == scope
    }

    fn is_free(&self) -> bool {
        self.prefix.is_empty()
    }
}

impl RangeCounts {
    /// Fewer different numbers are no range.
    pub const FEWEST_NUMBERS: u32 = 20;
    /// Fewer unverified codes are no attack.
    const FEWEST_UNVERIFIED: u64 = 20;
    /// Where one in so many is verified, somebody lives there.
    const SHARE: u64 = 5;

    /// Whether it looks pumped: many numbers, and few codes that were verified.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.numbers >= RangeCounts::FEWEST_NUMBERS
            && self.unverified >= RangeCounts::FEWEST_UNVERIFIED
            && self.verified * RangeCounts::SHARE < self.verified + self.unverified
    }
}

fn stretch(now_s: i64) -> u32 {
    u32::try_from(now_s.max(0) / STRETCH_S).unwrap_or(u32::MAX)
}

fn places(count: usize, scope: Scope, prefix: Prefix) -> impl Iterator<Item = usize> + Clone {
    let first = scope.mixed(prefix.as_u64()) as usize;
    (0..REACH.min(count)).map(move |step| first.wrapping_add(step) % count)
}

/// A range, if it is known.
pub(super) fn find(ranges: &[Range], scope: Scope, prefix: Prefix) -> Option<&Range> {
    places(ranges.len(), scope, prefix)
        .filter_map(|place| ranges.get(place))
        .find(|range| range.is(scope, prefix))
}

/// Counts a code in all ranges of a number. Whether one of them looks pumped now.
pub(super) fn count(
    ranges: &mut [Range],
    scope: Scope,
    (prefix, number): (Prefix, NumberHash),
    is_verified: bool,
    now_s: i64,
) -> bool {
    let mut is_suspect = false;
    for length in FEWEST_DIGITS..=prefix.len() {
        if let Some(range) = take(ranges, scope, prefix.first(length)) {
            range.count(number, is_verified, now_s);
            is_suspect |= !is_verified && range.counts(now_s).is_suspect();
        }
    }
    is_suspect
}

fn take(ranges: &mut [Range], scope: Scope, prefix: Prefix) -> Option<&mut Range> {
    let places = places(ranges.len(), scope, prefix);
    let is_its = |place: &usize| {
        ranges
            .get(*place)
            .is_some_and(|range| range.is(scope, prefix))
    };
    let known = places.clone().find(is_its);
    let age = |range: &Range| {
        (
            !range.is_free(),
            range.stretch,
            range.numbers[0].count_ones(),
        )
    };
    let place = known.or_else(|| places.min_by_key(|place| ranges.get(*place).map(age)))?;
    let range = ranges.get_mut(place)?;
    if known.is_none() {
        *range = Range {
            scope,
            prefix,
            ..Range::default()
        };
    }
    Some(range)
}
