//! The sizes of what is observed, where all databases of a server share it.

use super::book::{Book, Head, RegionState, Verified};
use super::prefixes::Range;
use super::sends::{Due, Entry, Sends, Used};
use super::slots::Slot;
use super::suspects::{MAX_SUSPECTS, Suspect};
use super::traffic::ClientTraffic;

/// Regions of policies.
pub const REGIONS: usize = 4096;
/// Clients that have sent within a day.
pub const CLIENTS: usize = 65_536;
/// Sends that may still be verified: 200 a second where codes are valid for ten minutes.
pub const SENDS: usize = 131_072;
/// Numbers that are verified within the time between two writes to the table.
pub const VERIFIED: usize = 16_384;
/// Ranges of all lengths.
pub const RANGES: usize = 32_768;

/// All that is observed. Plain data; all zeroes: nothing.
#[derive(Debug)]
#[repr(C)]
pub struct Memory {
    head: Head,
    used: Used,
    regions: [Slot<RegionState>; REGIONS],
    clients: [Slot<ClientTraffic>; CLIENTS],
    entries: [Entry; SENDS],
    by_id: [u32; SENDS],
    by_number: [u32; SENDS],
    heap: [Due; SENDS],
    at: [u32; SENDS],
    by_region: [Slot<u32>; REGIONS],
    verified: [Slot<Verified>; VERIFIED],
    ranges: [Range; RANGES],
    suspects: [Suspect; MAX_SUSPECTS],
}

impl Memory {
    /// The book of it.
    pub fn book(&mut self) -> Book<'_> {
        Book {
            head: &mut self.head,
            regions: &mut self.regions,
            clients: &mut self.clients,
            sends: Sends {
                used: &mut self.used,
                entries: &mut self.entries,
                by_id: &mut self.by_id,
                by_number: &mut self.by_number,
                heap: &mut self.heap,
                at: &mut self.at,
                by_region: &mut self.by_region,
            },
            verified: &mut self.verified,
            ranges: &mut self.ranges,
            suspects: &mut self.suspects,
        }
    }
}
