//! Sends whose codes may still be verified: found by their id, by their number, and by when that time is over.

use super::prefix::Prefix;
use super::region::Region;
use super::scope::{Scope, mix, share};
use super::slots::{self, Slot};

/// The first half of a keyed hash of a number: enough to tell numbers apart.
pub type NumberHash = [u64; 2];

/// A send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Send {
    /// Whose it is.
    pub scope: Scope,
    /// Its id, which is positive.
    pub id: i64,
    /// To whom.
    pub number: NumberHash,
    /// The first digits of that number.
    pub prefix: Prefix,
    /// A hash of the client that asked for it; 0: none is known.
    pub client: u64,
    /// Until when a verification counts, in seconds since 1970.
    pub due_s: i64,
    /// Where to.
    pub region: Region,
}

/// A send and its links to others, both ways: whoever takes it out need not go through a chain. 0 is none, else the place + 1.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Entry {
    send: Send,
    by_id: Links,
    by_number: Links,
}

/// The neighbours in a chain.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
struct Links {
    newer: u32,
    older: u32,
}

/// So many are below one of the heap: their times are next to each other in memory.
const BRANCHES: u32 = 4;

/// When a send is due, in seconds since 1970, and its place: in one number, so that the heap is ordered without a look at the
/// sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Due(u64);

impl Due {
    /// Times are held to those of 32 bits, up to the year 2106.
    fn new(due_s: i64, place: u32) -> Due {
        let due_s = u32::try_from(due_s.max(0)).unwrap_or(u32::MAX);
        Due(u64::from(due_s) << 32 | u64::from(place))
    }

    fn place(self) -> u32 {
        self.0 as u32
    }
}

/// How much is used. All zeroes: nothing.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Used {
    /// Entries that have ever been used.
    entries: u32,
    /// The first that is free again; 0 is none.
    free: u32,
    /// The length of the heap.
    heap: u32,
}

/// The sends, in memory of fixed size: as many entries, links, and places in the heap, one for each.
#[derive(Debug)]
pub struct Sends<'a> {
    /// How much is used.
    pub used: &'a mut Used,
    /// The sends.
    pub entries: &'a mut [Entry],
    /// The newest of a chain, by the hash of an id.
    pub by_id: &'a mut [u32],
    /// By the hash of a number.
    pub by_number: &'a mut [u32],
    /// A heap, the first to be due on top.
    pub heap: &'a mut [Due],
    /// Where in the heap each send is: apart from the sends, which are not looked at when the heap is ordered.
    pub at: &'a mut [u32],
    /// How many there are, by region.
    pub by_region: &'a mut [Slot<u32>],
}

impl Sends<'_> {
    /// Enters a send. Where there is no room, the one that is due first gives way, and is given.
    pub fn enter(&mut self, send: Send) -> Option<Send> {
        let removed = match self.is_full() {
            true => self.first().map(|first| self.remove(first)),
            false => None,
        };
        let Some(place) = self.place() else {
            return removed;
        };
        self.link(place, send);
        self.used.heap += 1;
        self.rise(self.used.heap - 1, Due::new(send.due_s, place));
        let region = send.region.as_u64();
        if let Some(slot) = slots::take(self.by_region, send.scope, region, send.due_s) {
            slot.value = slot.value.saturating_add(1);
        }
        removed
    }

    /// How many there are to a region under a policy.
    #[must_use]
    pub fn to_region(&self, scope: Scope, region: Region) -> u64 {
        slots::find(self.by_region, scope, region.as_u64()).map_or(0, |slot| slot.value.into())
    }

    /// Whether there are any of an owner.
    #[must_use]
    pub fn are_of(&self, owner: u64) -> bool {
        let mut regions = self.by_region.iter();
        regions.any(|slot| slot.name.scope.owner == owner && slot.value > 0)
    }

    /// Takes out the send of this owner with this id.
    pub fn take(&mut self, owner: u64, id: i64) -> Option<Send> {
        let mut link = self.by_id[self.id_chain(id)];
        while let Some(entry) = self.entry(link) {
            if entry.send.id == id && entry.send.scope.owner == owner {
                return Some(self.remove(link - 1));
            }
            link = entry.by_id.older;
        }
        None
    }

    /// The number of the send of this owner with this id.
    #[must_use]
    pub fn number_of(&self, owner: u64, id: i64) -> Option<NumberHash> {
        let mut link = self.by_id[self.id_chain(id)];
        while let Some(entry) = self.entry(link) {
            if entry.send.id == id && entry.send.scope.owner == owner {
                return Some(entry.send.number);
            }
            link = entry.by_id.older;
        }
        None
    }

    /// Whether there is a send to this number for which `is_meant`.
    #[must_use]
    pub fn has_to(&self, number: NumberHash, is_meant: impl Fn(&Send) -> bool) -> bool {
        let mut link = self.by_number[self.number_chain(number)];
        while let Some(entry) = self.entry(link) {
            if entry.send.number == number && is_meant(&entry.send) {
                return true;
            }
            link = entry.by_number.older;
        }
        false
    }

    /// Takes out the newest send to this number for which `is_meant`.
    pub fn take_to(
        &mut self,
        number: NumberHash,
        is_meant: impl Fn(&Send) -> bool,
    ) -> Option<Send> {
        let mut link = self.by_number[self.number_chain(number)];
        while let Some(entry) = self.entry(link) {
            if entry.send.number == number && is_meant(&entry.send) {
                return Some(self.remove(link - 1));
            }
            link = entry.by_number.older;
        }
        None
    }

    /// Takes out a send whose time is over.
    pub fn take_due(&mut self, now_s: i64) -> Option<Send> {
        let first = self.first()?;
        let is_due = self.entries[first as usize].send.due_s <= now_s;
        is_due.then(|| self.remove(first))
    }

    /// The place of the send that is due first.
    fn first(&self) -> Option<u32> {
        let first = self.heap.first().filter(|_| self.used.heap > 0)?;
        Some(first.place())
    }

    /// Takes out all for which `is_meant`.
    pub fn forget(&mut self, is_meant: impl Fn(&Send) -> bool) {
        for place in 0..self.used.entries {
            let send = &self.entries[place as usize].send;
            // An entry that is free has no id.
            if send.id != 0 && is_meant(send) {
                self.remove(place);
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.used.heap as usize
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used.heap == 0
    }

    fn is_full(&self) -> bool {
        self.used.free == 0 && self.used.entries as usize >= self.entries.len()
    }

    fn entry(&self, link: u32) -> Option<&Entry> {
        self.entries.get((link as usize).checked_sub(1)?)
    }

    fn entry_mut(&mut self, link: u32) -> Option<&mut Entry> {
        self.entries.get_mut((link as usize).checked_sub(1)?)
    }

    fn id_chain(&self, id: i64) -> usize {
        share(mix(id.cast_unsigned()), self.by_id.len())
    }

    fn number_chain(&self, number: NumberHash) -> usize {
        share(mix(number[0]), self.by_number.len())
    }

    /// A place that is free.
    fn place(&mut self) -> Option<u32> {
        if let Some(free) = self.used.free.checked_sub(1) {
            self.used.free = self.entries[free as usize].by_id.older;
            return Some(free);
        }
        let place = self.used.entries;
        ((place as usize) < self.entries.len()).then(|| {
            self.used.entries += 1;
            place
        })
    }

    fn remove(&mut self, place: u32) -> Send {
        let entry = self.entries[place as usize];
        self.unlink(&entry);
        let at = self.at[place as usize];
        self.used.heap -= 1;
        if at < self.used.heap {
            let last = self.heap[self.used.heap as usize];
            if self.rise(at, last) == at {
                self.sink(at, last);
            }
        }
        let next_free = Links {
            newer: 0,
            older: self.used.free,
        };
        self.entries[place as usize] = Entry {
            by_id: next_free,
            ..Entry::default()
        };
        self.used.free = place + 1;
        let region = entry.send.region.as_u64();
        if let Some(slot) = slots::find_mut(self.by_region, entry.send.scope, region) {
            slot.value = slot.value.saturating_sub(1);
        }
        entry.send
    }

    /// Puts a send at a place, as the newest of its chains.
    fn link(&mut self, place: u32, send: Send) {
        let (id_chain, number_chain) = (self.id_chain(send.id), self.number_chain(send.number));
        let newest = |older| Links { newer: 0, older };
        let by_id = newest(std::mem::replace(&mut self.by_id[id_chain], place + 1));
        let by_number = newest(std::mem::replace(
            &mut self.by_number[number_chain],
            place + 1,
        ));
        if let Some(older) = self.entry_mut(by_id.older) {
            older.by_id.newer = place + 1;
        }
        if let Some(older) = self.entry_mut(by_number.older) {
            older.by_number.newer = place + 1;
        }
        self.entries[place as usize] = Entry {
            send,
            by_id,
            by_number,
        };
    }

    fn unlink(&mut self, entry: &Entry) {
        let Links { newer, older } = entry.by_id;
        match self.entry_mut(newer) {
            Some(newer) => newer.by_id.older = older,
            None => {
                let chain = self.id_chain(entry.send.id);
                self.by_id[chain] = older;
            }
        }
        if let Some(older) = self.entry_mut(older) {
            older.by_id.newer = newer;
        }
        let Links { newer, older } = entry.by_number;
        match self.entry_mut(newer) {
            Some(newer) => newer.by_number.older = older,
            None => {
                let chain = self.number_chain(entry.send.number);
                self.by_number[chain] = older;
            }
        }
        if let Some(older) = self.entry_mut(older) {
            older.by_number.newer = newer;
        }
    }

    /// Puts it at this place of the heap.
    fn put(&mut self, at: u32, due: Due) {
        self.heap[at as usize] = due;
        self.at[due.place() as usize] = at;
    }

    /// Puts it where it belongs, from this place of the heap, which is to be filled, upwards. Where that is.
    fn rise(&mut self, mut at: u32, due: Due) -> u32 {
        while at > 0 {
            let parent = (at - 1) / BRANCHES;
            if self.heap[parent as usize] <= due {
                break;
            }
            self.put(at, self.heap[parent as usize]);
            at = parent;
        }
        self.put(at, due);
        at
    }

    /// And downwards.
    fn sink(&mut self, mut at: u32, due: Due) {
        let used = self.used.heap as usize;
        loop {
            let first = (BRANCHES * at + 1) as usize;
            let below = self.heap.get(first..used.min(first + BRANCHES as usize));
            let Some((index, child)) =
                below.and_then(|below| below.iter().enumerate().min_by_key(|it| it.1))
            else {
                break;
            };
            if due <= *child {
                break;
            }
            let (child, next) = (*child, (first + index) as u32);
            self.put(at, child);
            at = next;
        }
        self.put(at, due);
    }
}
