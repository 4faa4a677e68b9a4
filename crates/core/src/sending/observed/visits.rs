//! The regions that a client has sent to within a day.

use super::bytes::{Reader, Writer};
use super::region::Region;

/// So many are known: a rule can ask for no more.
pub const MAX_REGIONS: usize = 8;

const DAY_S: i64 = 86_400;

/// The regions that a client has sent to. All zeroes: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Visits([Visit; MAX_REGIONS]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
struct Visit {
    /// When last, in seconds since 1970.
    last_s: i64,
    region: Region,
    sends: u32,
    /// When a code to it was last verified; 0: never.
    verified_s: i64,
}

impl Visit {
    fn is_live(&self, now_s: i64) -> bool {
        self.sends > 0 && now_s < self.last_s.saturating_add(DAY_S)
    }

    fn is_verified(&self, now_s: i64) -> bool {
        self.verified_s > 0 && now_s < self.verified_s.saturating_add(DAY_S)
    }
}

impl Visits {
    /// None if the client may send there: it has within the day, or to fewer than `limit` others without a verification from
    /// there. Else from when on it may.
    #[must_use]
    pub fn is_stopped_until(&self, region: Region, now_s: i64, limit: usize) -> Option<i64> {
        let live = || self.0.iter().filter(|visit| visit.is_live(now_s));
        if live().any(|visit| visit.region == region) {
            return None;
        }
        let mut ends: Vec<i64> = live()
            .filter(|visit| !visit.is_verified(now_s))
            .map(|visit| visit.last_s.saturating_add(DAY_S))
            .collect();
        // As many must end as there are too many.
        let too_many = (ends.len() + 1).saturating_sub(limit.max(1));
        ends.sort_unstable();
        too_many
            .checked_sub(1)
            .and_then(|last| ends.get(last).copied())
    }

    /// Notes a send to a region. Where too many are known, the oldest is forgotten, one with a verification first.
    pub fn enter(&mut self, region: Region, now_s: i64) {
        let known = self
            .0
            .iter()
            .position(|visit| visit.is_live(now_s) && visit.region == region);
        let oldest = || {
            let age = |visit: &Visit| {
                (
                    visit.is_live(now_s),
                    !visit.is_verified(now_s),
                    visit.last_s,
                )
            };
            (0..MAX_REGIONS).min_by_key(|index| self.0.get(*index).map(age))
        };
        let Some(visit) = known
            .or_else(oldest)
            .and_then(|index| self.0.get_mut(index))
        else {
            return;
        };
        if known.is_none() {
            *visit = Visit {
                region,
                ..Visit::default()
            };
        }
        visit.last_s = visit.last_s.max(now_s);
        visit.sends = visit.sends.saturating_add(1);
    }

    /// Takes back a send that did not go out.
    pub fn leave(&mut self, region: Region) {
        let mut known = self.0.iter_mut();
        if let Some(visit) = known.find(|visit| visit.sends > 0 && visit.region == region) {
            visit.sends -= 1;
        }
    }

    /// Notes that a code to a region was verified.
    pub fn verified(&mut self, region: Region, now_s: i64) {
        let mut known = self.0.iter_mut();
        if let Some(visit) = known.find(|visit| visit.sends > 0 && visit.region == region) {
            visit.verified_s = visit.verified_s.max(now_s);
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        for visit in &self.0 {
            writer.bytes(&visit.region.to_bytes());
            writer.u32(visit.sends);
            writer.i64(visit.last_s);
            writer.i64(visit.verified_s);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Visits> {
        let mut visits = Visits::default();
        for visit in &mut visits.0 {
            *visit = Visit {
                region: Region::of_bytes(reader.take()?),
                sends: reader.u32()?,
                last_s: reader.i64()?,
                verified_s: reader.i64()?,
            };
        }
        Some(visits)
    }
}
