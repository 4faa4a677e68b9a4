//! What is known of the codes to one region, and of those that one client has asked for.

use super::bytes::{Reader, Writer};
use super::region::Region;
use super::visits::Visits;
use super::window::Window;
use crate::sending::conversion::{ClientCounts, RegionCounts, Thresholds};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What is stored begins with this.
const VERSION: u8 = 1;

/// A region's hour, day, and fourteen days. The newest stretch is under way, so that an hour is 55 to 60 minutes.
type RegionHour = Window<12, { 5 * MINUTE }>;
type RegionDay = Window<24, HOUR>;
type Fortnight = Window<14, DAY>;

/// A client's, of which there are many: 50 to 60 minutes, and 22 to 24 hours.
type ClientHour = Window<6, { 10 * MINUTE }>;
type ClientDay = Window<12, { 2 * HOUR }>;

/// Codes to a region. All zeroes: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct RegionTraffic {
    unverified_hour: RegionHour,
    unverified_day: RegionDay,
    verified_hour: RegionHour,
    verified_day: RegionDay,
    /// By days of UTC.
    verified_days: Fortnight,
}

/// Codes that a client asked for, and where to. All zeroes: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct ClientTraffic {
    unverified_hour: ClientHour,
    unverified_day: ClientDay,
    verified_day: ClientDay,
    /// The regions.
    pub visits: Visits,
}

/// Unverified codes of an hour and a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unverified {
    /// In the last hour.
    pub hour: u64,
    /// In the last day.
    pub day: u64,
}

impl RegionTraffic {
    /// Counts a code that was verified.
    pub fn verified(&mut self, now_s: i64) {
        self.verified_hour.add(now_s);
        self.verified_day.add(now_s);
        self.verified_days.add(now_s);
    }

    /// Counts a code that was not, in time.
    pub fn unverified(&mut self, now_s: i64) {
        self.unverified_hour.add(now_s);
        self.unverified_day.add(now_s);
    }

    /// Verified ones.
    #[must_use]
    pub fn counts(&self, now_s: i64) -> RegionCounts {
        RegionCounts {
            highest_day: self.verified_days.highest(now_s),
            day: self.verified_day.sum(now_s),
            hour: self.verified_hour.sum(now_s),
        }
    }

    /// Unverified ones.
    #[must_use]
    pub fn unverified_counts(&self, now_s: i64) -> Unverified {
        Unverified {
            hour: self.unverified_hour.sum(now_s),
            day: self.unverified_day.sum(now_s),
        }
    }

    /// None if one more code may go out; else from when on it may, if the traffic stays as it is.
    #[must_use]
    pub fn is_stopped_until(&self, now_s: i64) -> Option<i64> {
        let thresholds = self.counts(now_s).thresholds();
        stopped_until(
            thresholds,
            now_s,
            &self.unverified_hour,
            &self.unverified_day,
        )
    }

    /// Adds what another one has counted.
    pub fn merge(&mut self, other: &RegionTraffic) {
        self.unverified_hour.merge(&other.unverified_hour);
        self.unverified_day.merge(&other.unverified_day);
        self.verified_hour.merge(&other.verified_hour);
        self.verified_day.merge(&other.verified_day);
        self.verified_days.merge(&other.verified_days);
    }

    /// For a table.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u8(VERSION);
        self.unverified_hour.write(&mut writer);
        self.unverified_day.write(&mut writer);
        self.verified_hour.write(&mut writer);
        self.verified_day.write(&mut writer);
        self.verified_days.write(&mut writer);
        writer.into_bytes()
    }

    /// What [`RegionTraffic::to_bytes`] has made; None of any other bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<RegionTraffic> {
        let mut reader = Reader::new(bytes);
        let traffic = (reader.u8()? == VERSION).then_some(RegionTraffic {
            unverified_hour: Window::read(&mut reader)?,
            unverified_day: Window::read(&mut reader)?,
            verified_hour: Window::read(&mut reader)?,
            verified_day: Window::read(&mut reader)?,
            verified_days: Window::read(&mut reader)?,
        })?;
        reader.is_at_end().then_some(traffic)
    }
}

impl ClientTraffic {
    /// Counts a code to a region that was verified.
    pub fn verified(&mut self, region: Region, now_s: i64) {
        self.verified_day.add(now_s);
        self.visits.verified(region, now_s);
    }

    /// Counts a code that was not, in time.
    pub fn unverified(&mut self, now_s: i64) {
        self.unverified_hour.add(now_s);
        self.unverified_day.add(now_s);
    }

    /// As [`RegionTraffic::is_stopped_until`].
    #[must_use]
    pub fn is_stopped_until(&self, now_s: i64) -> Option<i64> {
        let counts = ClientCounts {
            day: self.verified_day.sum(now_s),
        };
        stopped_until(
            counts.thresholds(),
            now_s,
            &self.unverified_hour,
            &self.unverified_day,
        )
    }

    /// For a table.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u8(VERSION);
        self.unverified_hour.write(&mut writer);
        self.unverified_day.write(&mut writer);
        self.verified_day.write(&mut writer);
        self.visits.write(&mut writer);
        writer.into_bytes()
    }

    /// What [`ClientTraffic::to_bytes`] has made; None of any other bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<ClientTraffic> {
        let mut reader = Reader::new(bytes);
        let traffic = (reader.u8()? == VERSION).then_some(ClientTraffic {
            unverified_hour: Window::read(&mut reader)?,
            unverified_day: Window::read(&mut reader)?,
            verified_day: Window::read(&mut reader)?,
            visits: Visits::read(&mut reader)?,
        })?;
        reader.is_at_end().then_some(traffic)
    }
}

fn stopped_until<const A: usize, const B: i64, const C: usize, const D: i64>(
    thresholds: Thresholds,
    now_s: i64,
    hour: &Window<A, B>,
    day: &Window<C, D>,
) -> Option<i64> {
    let by_hour = !thresholds.allows_by_hour(hour.sum(now_s));
    let by_day = !thresholds.allows_by_day(day.sum(now_s));
    let hour_from = by_hour.then(|| hour.is_below_from(now_s, thresholds.hour));
    let day_from = by_day.then(|| day.is_below_from(now_s, thresholds.day));
    hour_from.max(day_from)
}
