//! Counts of the last so many stretches of time, the newest of which is under way.

use super::bytes::{Reader, Writer};

/// Counts of `N` stretches of `SECONDS` each. All zeroes: nothing counted. Times are seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Window<const N: usize, const SECONDS: i64> {
    /// The newest stretch, numbered since 1970.
    newest: i64,
    /// By a stretch's number modulo `N`.
    counts: [u32; N],
}

impl<const N: usize, const SECONDS: i64> Default for Window<N, SECONDS> {
    fn default() -> Self {
        Window {
            newest: 0,
            counts: [0; N],
        }
    }
}

impl<const N: usize, const SECONDS: i64> Window<N, SECONDS> {
    /// Counts one, at a time that may be a little while ago. What is older than the window counts no more.
    pub fn add(&mut self, at_s: i64) {
        let number = stretch::<SECONDS>(at_s);
        self.advance(number);
        if number >= self.first()
            && let Some(count) = self.counts.get_mut(place::<N>(number))
        {
            *count = count.saturating_add(1);
        }
    }

    /// How many were counted within the window that ends now.
    #[must_use]
    pub fn sum(&self, now_s: i64) -> u64 {
        self.live(now_s).map(|(_, count)| u64::from(count)).sum()
    }

    /// The highest count of one stretch of that window.
    #[must_use]
    pub fn highest(&self, now_s: i64) -> u64 {
        self.live(now_s)
            .map(|(_, count)| u64::from(count))
            .max()
            .unwrap_or(0)
    }

    /// From when on fewer than `limit` will be in the window, if no more come. `limit` is at least 1.
    #[must_use]
    pub fn is_below_from(&self, now_s: i64, limit: u64) -> i64 {
        let mut left = self.sum(now_s);
        let mut from = now_s;
        for (number, count) in self.live(now_s) {
            if left < limit {
                break;
            }
            left -= u64::from(count);
            from = number.saturating_add(N as i64).saturating_mul(SECONDS);
        }
        from
    }

    /// Adds what another one has counted.
    pub fn merge(&mut self, other: &Self) {
        self.advance(other.newest);
        let added: Vec<(i64, u32)> = other.since(self.first()).collect();
        for (number, more) in added {
            if let Some(count) = self.counts.get_mut(place::<N>(number)) {
                *count = count.saturating_add(more);
            }
        }
    }

    /// Makes a later stretch the newest.
    fn advance(&mut self, number: i64) {
        let new = (number - self.newest).clamp(0, N as i64);
        for step in 0..new {
            if let Some(count) = self.counts.get_mut(place::<N>(number - step)) {
                *count = 0;
            }
        }
        self.newest = self.newest.max(number);
    }

    fn first(&self) -> i64 {
        self.newest - N as i64 + 1
    }

    /// The stretches of the window that ends now, from the oldest to the newest.
    fn live(&self, now_s: i64) -> impl Iterator<Item = (i64, u32)> {
        self.since(stretch::<SECONDS>(now_s) - N as i64 + 1)
    }

    fn since(&self, number: i64) -> impl Iterator<Item = (i64, u32)> {
        (number.max(self.first())..=self.newest).map(|number| {
            let count = self.counts.get(place::<N>(number)).copied();
            (number, count.unwrap_or(0))
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.i64(self.newest);
        for count in self.counts {
            writer.u32(count);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let newest = reader.i64()?;
        // What no clock shows is no window.
        if !(0..=i64::MAX / SECONDS / 2).contains(&newest) {
            return None;
        }
        let mut counts = [0; N];
        for count in &mut counts {
            *count = reader.u32()?;
        }
        Some(Window { newest, counts })
    }
}

fn stretch<const SECONDS: i64>(now_s: i64) -> i64 {
    now_s.max(0) / SECONDS
}

fn place<const N: usize>(number: i64) -> usize {
    number.rem_euclid(N as i64) as usize
}
