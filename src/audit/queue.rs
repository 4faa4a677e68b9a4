//! The queue in shared memory: records that have no number yet, each database's in their order.
//!
//! Nobody waits for room. What finds none is counted, and becomes a record of its own in the log: a gap. The class `admin` has
//! the last quarter of the room for itself, so that a flood of others does not hide it.

use phone_crypt_core::audit::Class;

use crate::pg::Oid;
use crate::worker::{announce, wake_launcher};
use crate::zeroed_lock_static;

/// Bytes of a record in the queue.
pub const MAX_TEXT: usize = 472;
/// Records that there is room for, of all databases together.
const SLOTS: usize = 16_384;
/// Databases that may have some.
const DATABASES: usize = 128;
/// So many in the queue, and the worker is woken at once.
const MANY: u32 = SLOTS as u32 / 2;
/// What is left to records of the class `admin`.
const RESERVED: u32 = SLOTS as u32 / 4;

/// A record. Links are one more than a slot's index; 0 is none.
#[derive(Clone, Copy)]
#[repr(C)]
struct Slot {
    number: u64,
    time_us: i64,
    next: u32,
    len: u32,
    text: [u8; MAX_TEXT],
}

/// A database's part of the queue.
#[derive(Clone, Copy)]
#[repr(C)]
struct Part {
    /// 0 if it is free.
    database: u32,
    first: u32,
    last: u32,
    count: u32,
    /// The number of the last record that entered, and of the last that is durable. They go on after an orderly restart.
    entered: u64,
    written: u64,
    /// Records that found no room, since when, and how many of them the log tells of already.
    lost: u64,
    lost_since_us: i64,
    /// When the next checkpoint is due; 0 where none is.
    checkpoint_at_us: i64,
    /// The number of the last record that somebody waits for.
    wanted: u64,
    /// Whether the log has been told that the server has started.
    is_started: u32,
}

/// The whole queue. Zeroes are an empty one.
#[repr(C)]
pub struct Queue {
    /// Tells this run of the server, and those that continue it after an orderly stop, from all others.
    run: u64,
    /// Whether the run before this one came to an orderly end.
    is_clean: u32,
    /// The head of the list of free slots, and how many slots have been used at all.
    free: u32,
    touched: u32,
    used: u32,
    parts: [Part; DATABASES],
    slots: [Slot; SLOTS],
}

zeroed_lock_static! { pub QUEUE: Queue = c"PhoneCryptAudit"; }

/// A record that has been copied out of the queue.
#[derive(Debug, Clone)]
pub struct Queued {
    /// Its number in the queue.
    pub number: u64,
    /// When it happened, in microseconds since 1970.
    pub time_us: i64,
    /// Its fields.
    pub text: Vec<u8>,
}

/// What the queue has of a database.
#[derive(Debug, Clone, Copy, Default)]
pub struct Status {
    /// Which run of the server it is.
    pub run: u64,
    /// Whether the run before it came to an orderly end.
    pub is_clean: bool,
    /// Whether the log knows of this run.
    pub is_started: bool,
    /// Records that wait.
    pub waiting: u32,
    /// When the oldest of them happened.
    pub oldest_us: Option<i64>,
    /// Records that found no room and are not in the log as a gap yet, and since when.
    pub lost: u64,
    /// See `lost`.
    pub lost_since_us: i64,
    /// When the next checkpoint is due.
    pub checkpoint_at_us: i64,
    /// The number of the last record that is durable.
    pub written: u64,
    /// The number of the last record that somebody waits for.
    pub wanted: u64,
}

/// Whether there is a queue: not without preload.
pub fn is_there() -> bool {
    QUEUE.is_there()
}

/// Room for the queue.
pub const CAPACITY: usize = SLOTS;

/// Puts a record in. Its number; none where there was no room for it.
pub fn push(database: Oid, time_us: i64, class: Class, text: &[u8]) -> Option<u64> {
    let (number, waiting, used) = {
        let mut queue = QUEUE.exclusive();
        let number = queue.push(database.to_u32(), time_us, class, text);
        let waiting = queue
            .part_of(database.to_u32())
            .map_or(0, |part| part.count);
        (number, waiting, queue.used)
    };
    if waiting <= 1 {
        announce(database);
    }
    if used == MANY {
        wake_launcher();
    }
    number
}

/// Copies the first records of a database.
pub fn first(database: Oid, most: usize) -> Vec<Queued> {
    let queue = QUEUE.share();
    let mut all = Vec::new();
    let mut at = queue
        .part_of(database.to_u32())
        .map_or(0, |part| part.first);
    while let Some(slot) = queue.slot(at)
        && all.len() < most
    {
        all.push(Queued {
            number: slot.number,
            time_us: slot.time_us,
            text: slot.text[..slot.len as usize].to_vec(),
        });
        at = slot.next;
    }
    all
}

/// Takes out the records of a database up to this number: they are durable, as are so many of those that were lost.
pub fn remove(database: Oid, up_to: u64, lost: u64) {
    let mut queue = QUEUE.exclusive();
    queue.remove(database.to_u32(), up_to);
    if let Some(part) = queue.part_mut(database.to_u32()) {
        part.written = part.written.max(up_to);
        part.lost = part.lost.saturating_sub(lost);
    }
}

/// What there is of a database.
pub fn status(database: Oid) -> Status {
    let queue = QUEUE.share();
    let part = queue.part_of(database.to_u32());
    let mut status = Status {
        run: queue.run,
        is_clean: queue.is_clean != 0,
        ..Status::default()
    };
    if let Some(part) = part {
        status.is_started = part.is_started != 0;
        status.waiting = part.count;
        status.oldest_us = queue.slot(part.first).map(|slot| slot.time_us);
        status.lost = part.lost;
        status.lost_since_us = part.lost_since_us;
        status.checkpoint_at_us = part.checkpoint_at_us;
        status.written = part.written;
        status.wanted = part.wanted;
    }
    status
}

/// Slots in use, of all databases.
pub fn used() -> u32 {
    QUEUE.share().used
}

/// Whether so much waits that nobody should wait for the next interval.
pub fn is_filling() -> bool {
    used() >= MANY
}

/// The log of a database knows of this run.
pub fn set_started(database: Oid) {
    if let Some(part) = QUEUE.exclusive().enter(database.to_u32()) {
        part.is_started = 1;
    }
}

/// Somebody waits for the record with this number.
pub fn want(database: Oid, number: u64) {
    if let Some(part) = QUEUE.exclusive().part_mut(database.to_u32()) {
        part.wanted = part.wanted.max(number);
    }
    wake_launcher();
}

/// When the next checkpoint of a database is due; 0 where none is.
pub fn set_checkpoint_at(database: Oid, at_us: i64) {
    if let Some(part) = QUEUE.exclusive().part_mut(database.to_u32()) {
        part.checkpoint_at_us = at_us;
    }
}

/// Gives up what there is of a database: it is gone.
pub fn forget(database: Oid) {
    let mut queue = QUEUE.exclusive();
    queue.remove(database.to_u32(), u64::MAX);
    if let Some(part) = queue.part_mut(database.to_u32()) {
        *part = Part::FREE;
    }
}

impl Part {
    const FREE: Part = Part {
        database: 0,
        first: 0,
        last: 0,
        count: 0,
        entered: 0,
        written: 0,
        lost: 0,
        lost_since_us: 0,
        checkpoint_at_us: 0,
        wanted: 0,
        is_started: 0,
    };
}

impl Queue {
    /// Begins a run.
    pub fn begin(&mut self, run: u64, is_clean: bool) {
        self.run = run;
        self.is_clean = u32::from(is_clean);
    }

    /// Which run this is.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// A database's position when the server stops: its oid, the last number that entered, whether the run is known there.
    pub fn positions(&self) -> impl Iterator<Item = (u32, u64)> {
        let parts = self.parts.iter().filter(|part| part.database != 0);
        parts.map(|part| (part.database, part.entered))
    }

    /// Goes on where a database was when the server stopped.
    pub fn set_position(&mut self, database: u32, entered: u64) {
        if let Some(part) = self.enter(database) {
            part.entered = entered;
            part.written = entered;
        }
    }

    /// Every record of a database, in order.
    pub fn records(&self, database: u32) -> Vec<Queued> {
        let mut all = Vec::new();
        let mut at = self.part_of(database).map_or(0, |part| part.first);
        while let Some(slot) = self.slot(at) {
            all.push(Queued {
                number: slot.number,
                time_us: slot.time_us,
                text: slot.text[..slot.len as usize].to_vec(),
            });
            at = slot.next;
        }
        all
    }

    /// Puts a record in, with the number that it had; a new one where that is 0.
    pub fn put(&mut self, database: u32, number: u64, time_us: i64, text: &[u8]) -> Option<u64> {
        self.enter(database)?;
        let at = self.take_slot()?;
        let part = self.part_mut(database)?;
        let number = match number {
            0 => part.entered + 1,
            number => number,
        };
        part.entered = part.entered.max(number);
        let before = std::mem::replace(&mut part.last, at);
        part.count += 1;
        if part.first == 0 {
            part.first = at;
        }
        if let Some(slot) = self.slot_mut(before) {
            slot.next = at;
        }
        let slot = self.slot_mut(at)?;
        slot.number = number;
        slot.time_us = time_us;
        slot.next = 0;
        slot.len = text.len() as u32;
        slot.text[..text.len()].copy_from_slice(text);
        Some(number)
    }

    fn push(&mut self, database: u32, time_us: i64, class: Class, text: &[u8]) -> Option<u64> {
        let reserved = match class {
            Class::Admin => 0,
            _ => RESERVED,
        };
        let most = SLOTS as u32 - reserved;
        let is_room = self.used < most && text.len() <= MAX_TEXT;
        if is_room && let Some(number) = self.put(database, 0, time_us, text) {
            return Some(number);
        }
        if let Some(part) = self.enter(database) {
            if part.lost == 0 {
                part.lost_since_us = time_us;
            }
            part.lost += 1;
        }
        None
    }

    fn remove(&mut self, database: u32, up_to: u64) {
        loop {
            let first = self.part_of(database).map_or(0, |part| part.first);
            let Some(slot) = self.slot(first).filter(|slot| slot.number <= up_to) else {
                return;
            };
            let next = slot.next;
            let Some(part) = self.part_mut(database) else {
                return;
            };
            part.first = next;
            part.count -= 1;
            if next == 0 {
                part.last = 0;
            }
            let free = std::mem::replace(&mut self.free, first);
            self.used -= 1;
            if let Some(slot) = self.slot_mut(first) {
                slot.next = free;
            }
        }
    }

    /// A free slot's link.
    fn take_slot(&mut self) -> Option<u32> {
        let at = match self.free {
            0 if (self.touched as usize) < SLOTS => {
                self.touched += 1;
                self.touched
            }
            0 => return None,
            free => {
                self.free = self.slot(free)?.next;
                free
            }
        };
        self.used += 1;
        Some(at)
    }

    fn slot(&self, link: u32) -> Option<&Slot> {
        self.slots.get((link as usize).checked_sub(1)?)
    }

    fn slot_mut(&mut self, link: u32) -> Option<&mut Slot> {
        self.slots.get_mut((link as usize).checked_sub(1)?)
    }

    fn part_of(&self, database: u32) -> Option<&Part> {
        self.parts.iter().find(|part| part.database == database)
    }

    fn part_mut(&mut self, database: u32) -> Option<&mut Part> {
        self.parts.iter_mut().find(|part| part.database == database)
    }

    /// A database's part, which is made if there is none.
    fn enter(&mut self, database: u32) -> Option<&mut Part> {
        let known = self.parts.iter().position(|part| part.database == database);
        let free = || self.parts.iter().position(|part| part.database == 0);
        let part = &mut self.parts[known.or_else(free)?];
        part.database = database;
        Some(part)
    }
}
