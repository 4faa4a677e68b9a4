//! A book whose memory is its own, of any size.

#[allow(dead_code)]
pub mod guards;
#[allow(dead_code)]
pub mod places;
#[allow(dead_code)]
#[allow(clippy::expect_used)]
pub mod simulation;

use phone_crypt_core::sending::observed::{
    Book, ClientTraffic, Due, Entry, Head, Range, RegionState, Send, Sends, Slot, Suspect, Used,
    Verified,
};

pub struct Volume {
    head: Head,
    used: Used,
    regions: Vec<Slot<RegionState>>,
    clients: Vec<Slot<ClientTraffic>>,
    entries: Vec<Entry>,
    by_id: Vec<u32>,
    by_number: Vec<u32>,
    heap: Vec<Due>,
    at: Vec<u32>,
    by_region: Vec<Slot<u32>>,
    verified: Vec<Slot<Verified>>,
    ranges: Vec<Range>,
    suspects: Vec<Suspect>,
}

impl Volume {
    pub fn new(sends: usize, others: usize) -> Volume {
        Volume {
            head: Head::default(),
            used: Used::default(),
            regions: vec![Slot::default(); others],
            clients: vec![Slot::default(); others],
            entries: vec![Entry::default(); sends],
            by_id: vec![0; sends],
            by_number: vec![0; sends],
            heap: vec![Due::default(); sends],
            at: vec![0; sends],
            by_region: vec![Slot::default(); others],
            verified: vec![Slot::default(); others],
            ranges: vec![Range::default(); others],
            suspects: vec![Suspect::default(); 64],
        }
    }

    /// From now on nothing is counted by ranges.
    #[allow(dead_code)]
    pub fn count_no_ranges(&mut self) {
        self.ranges.clear();
        self.suspects.clear();
    }

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

/// A hash of a number, as evenly spread as a keyed one.
#[allow(dead_code)]
pub fn hash(digits: &str) -> [u64; 2] {
    use std::hash::{DefaultHasher, Hash, Hasher};
    [0, 1].map(|salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, digits).hash(&mut hasher);
        hasher.finish()
    })
}

/// A send to these digits.
#[allow(dead_code)]
pub fn send(id: i64, digits: &str) -> Send {
    Send {
        id,
        number: hash(digits),
        ..Send::default()
    }
    .with_digits(digits)
}
