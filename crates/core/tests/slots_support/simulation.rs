//! Callers on many keys, in few slots, beside what each key would be if nothing were ever given away.

use phone_crypt_core::ratelimit::{
    Entry, Found, Full, KeyName, Owner, OwnerCounts, Slots, State, absorb,
};
use std::collections::BTreeMap;

use super::checks::is_same;
use super::memory::Memory;
use super::op::Op;
use super::worker::Worker;
use crate::ratelimit_support::Sequence;

/// Whose it is, by the place in the list of owners, and its number.
pub type Key = (usize, u8);

/// What a row says, and when it expires.
pub type Row = (Entry, i64);

/// A caller who has been told to read the table, and what it has read.
struct Caller {
    key: Key,
    op: Op,
    at_removal: u64,
    read: Option<Row>,
}

/// Everything.
pub struct Simulation {
    pub memory: Memory,
    pub owners: [Owner; 2],
    pub now_us: i64,
    /// The tables of both owners.
    pub table: BTreeMap<Key, Row>,
    /// What each key would be.
    pub model: BTreeMap<Key, Entry>,
    /// Hits and denials of each owner.
    pub counted: [(u64, u64); 2],
    /// How often there was no slot.
    pub refused: u64,
    pub keys: u8,
    workers: [Worker; 2],
    callers: Vec<Caller>,
}

/// The text of a key's name; both owners use the same ones.
pub fn text(number: u8) -> Vec<u8> {
    format!("key {}", number / 2).into_bytes()
}

/// A key's name with that text: an even and an odd number have the same text, in different spaces.
pub fn name(number: u8, text: &[u8]) -> KeyName<'_> {
    match number % 2 {
        0 => KeyName::plain(text),
        _ => KeyName::of_policy(text),
    }
}

impl Simulation {
    /// With 1 to 8 slots, more keys than that, and a table in which there may already be something.
    pub fn new(sequence: &mut Sequence) -> Simulation {
        let slots = 1 + sequence.below(8) as usize;
        let owner = |index| Owner {
            database: 5 + index,
            table: 16_384,
            index,
        };
        let mut simulation = Simulation {
            memory: Memory::new(slots, sequence.below(i64::MAX) as u64),
            owners: [owner(0), owner(1)],
            now_us: 1_700_000_000_000_000,
            table: BTreeMap::new(),
            model: BTreeMap::new(),
            counted: [(0, 0); 2],
            refused: 0,
            keys: (slots as i64 + 1 + sequence.below(8)) as u8,
            workers: [Worker::Idle, Worker::Idle],
            callers: Vec::new(),
        };
        for _ in 0..sequence.below(4) {
            simulation.add_row_of_a_legacy_application(sequence);
        }
        simulation
    }

    fn add_row_of_a_legacy_application(&mut self, sequence: &mut Sequence) {
        let key = self.any_key(sequence);
        let state = State::counted(None, self.now_us - sequence.below(3_000), 2);
        let entry = Entry {
            state: Some(state),
            ..Entry::EMPTY
        };
        self.table.insert(key, (entry, entry.expires_us()));
        self.model.insert(key, entry);
    }

    fn any_key(&self, sequence: &mut Sequence) -> Key {
        let owner = usize::from(sequence.below(4) == 0);
        (owner, sequence.below(i64::from(self.keys)) as u8)
    }

    /// Somebody does something.
    pub fn step(&mut self, sequence: &mut Sequence) {
        match sequence.below(200) {
            0 => self.restart(sequence),
            1 => self.drop_and_create(sequence.below(2) as usize),
            2..20 => self.now_us += sequence.below(1_500),
            20..80 => self.work(usize::from(sequence.below(4) == 0), sequence),
            130..136 => {
                let into = self.any_key(sequence);
                let next = (into.1 + 1) % self.keys;
                self.move_together(into, (into.0, next));
            }
            80..130 if !self.callers.is_empty() => self.go_on(sequence),
            _ => {
                let (key, op) = (self.any_key(sequence), Op::any(sequence));
                self.begin(key, op);
            }
        }
        self.check();
    }

    /// A caller comes.
    pub fn begin(&mut self, key: Key, op: Op) {
        if let Err(at_removal) = self.attempt(key, op, None) {
            self.callers.push(Caller {
                key,
                op,
                at_removal,
                read: None,
            });
        }
    }

    /// Some caller reads the row it was told to read, or comes back with what it has read.
    fn go_on(&mut self, sequence: &mut Sequence) {
        let index = sequence.below(self.callers.len() as i64) as usize;
        let mut caller = self.callers.swap_remove(index);
        let Some(row) = caller.read else {
            caller.read = Some(self.row_of(caller.key));
            self.callers.push(caller);
            return;
        };
        let read = Some((caller.at_removal, row));
        if let Err(at_removal) = self.attempt(caller.key, caller.op, read) {
            self.callers.push(Caller {
                at_removal,
                read: None,
                ..caller
            });
        }
    }

    pub fn row_of(&self, key: Key) -> Row {
        self.table.get(&key).copied().unwrap_or((Entry::EMPTY, 0))
    }

    /// What a caller does under the lock. The number of removals, if it has to read the table first.
    fn attempt(&mut self, key: Key, op: Op, read: Option<(u64, Row)>) -> Result<(), u64> {
        let (owner, number) = key;
        let text = text(number);
        let slot_key = self.memory.key(self.owners[owner], name(number, &text));
        let now_us = self.now_us;
        let mut slots = self.memory.lock();
        let (found, known) = match (slots.find(&slot_key, now_us), read) {
            (Found::Slot(index), _) => (Ok(index), *slots.slot(index).entry()),
            (Found::Unknown, _) => (Err(0), Entry::EMPTY),
            (Found::Elsewhere(_), Some((at_removal, row))) if slots.still_holds(at_removal) => {
                (Err(row.1), row.0)
            }
            (Found::Elsewhere(at_removal), _) => return Err(at_removal),
        };
        let modelled = self.model.get(&key).copied().unwrap_or(Entry::EMPTY);
        assert!(
            is_same(&known, &modelled, now_us),
            "a caller sees {known:?} instead of {modelled:?}"
        );
        let (kept, denied) = op.done_to(&known, now_us, number);
        let index = match found {
            Ok(index) => index,
            Err(_) if kept.is_none() && known == Entry::EMPTY => {
                if let Some(is_denied) = denied {
                    slots.count_only(self.owners[owner], is_denied);
                    self.tally(owner, is_denied);
                }
                return Ok(());
            }
            Err(row_expires_us) => match slots.insert(&slot_key, &known, row_expires_us, now_us) {
                Ok(index) => index,
                Err(Full) => {
                    slots.refuse(self.owners[owner]);
                    self.refused += 1;
                    self.check_that_it_has_its_share(owner);
                    return Ok(());
                }
            },
        };
        if let Some(entry) = kept {
            slots.keep(index, &entry);
        }
        if let Some(is_denied) = denied {
            slots.count(index, is_denied);
            self.tally(owner, is_denied);
        }
        self.model.insert(key, kept.unwrap_or(known));
        Ok(())
    }

    /// What is live of one key is moved to another, of the same owner, at one moment: all or nothing.
    pub fn move_together(&mut self, into: Key, from: Key) {
        let keys = [into, from];
        let now_us = self.now_us;
        let owner = self.owners[into.0];
        let mut rows = [(Entry::EMPTY, 0); 2];
        let mut entries = [Entry::EMPTY; 2];
        for (index, key) in keys.into_iter().enumerate() {
            entries[index] = self.effective(key);
            let text = text(key.1);
            let slot_key = self.memory.key(owner, name(key.1, &text));
            let found = self.memory.lock().find(&slot_key, now_us);
            if matches!(found, Found::Elsewhere(_)) {
                rows[index] = self.row_of(key);
            }
        }
        if entries[1].expires_us() <= now_us {
            return;
        }
        let kept = [absorb(&entries[0], &entries[1], now_us), Entry::EMPTY];
        for (index, key) in keys.into_iter().enumerate() {
            let text = text(key.1);
            let slot_key = self.memory.key(owner, name(key.1, &text));
            let mut slots = self.memory.lock();
            let slot = match slots.find(&slot_key, now_us) {
                Found::Slot(slot) => Ok(slot),
                // Its slot may have gone to the key before it.
                _ => slots.insert(&slot_key, &entries[index], rows[index].1, now_us),
            };
            match slot {
                Ok(slot) => slots.keep(slot, &kept[index]),
                Err(Full) => {
                    self.take_back(&keys[..index], &entries);
                    return;
                }
            }
        }
        self.model.extend(keys.into_iter().zip(kept));
    }

    fn take_back(&mut self, keys: &[Key], entries: &[Entry]) {
        for (key, entry) in keys.iter().zip(entries) {
            let text = text(key.1);
            let slot_key = self.memory.key(self.owners[key.0], name(key.1, &text));
            let mut slots = self.memory.lock();
            if let Found::Slot(slot) = slots.find(&slot_key, self.now_us) {
                slots.keep(slot, entry);
            }
        }
    }

    fn tally(&mut self, owner: usize, is_denied: bool) {
        self.counted[owner].0 += 1;
        self.counted[owner].1 += u64::from(is_denied);
    }

    fn work(&mut self, owner: usize, sequence: &mut Sequence) {
        let worker = std::mem::replace(&mut self.workers[owner], Worker::Idle);
        self.workers[owner] = worker.step(self, owner, sequence);
    }

    /// An orderly stop and start: what is dirty is saved and restored.
    fn restart(&mut self, sequence: &mut Sequence) {
        let mut saved = Vec::new();
        for owner in self.owners {
            let slots = self.memory.lock();
            let dirty = slots
                .of(owner, 0..slots.touched())
                .filter(|(_, slot)| slot.is_dirty());
            saved.extend(dirty.map(|(_, slot)| (owner, *slot)));
        }
        let slots = self.memory.len() + sequence.below(2) as usize;
        self.memory = Memory::new(slots, sequence.below(i64::MAX) as u64);
        for (owner, slot) in saved {
            let key = self.memory.key(owner, slot.name());
            let mut slots = self.memory.lock();
            let index = slots
                .restore(&key, slot.row_expires_us(), self.now_us)
                .expect("there are as many slots as before");
            slots.keep(index, slot.entry());
        }
        self.workers = [Worker::Idle, Worker::Idle];
        self.callers.clear();
        self.counted = [(0, 0); 2];
    }

    /// DROP EXTENSION and CREATE EXTENSION: the same place in the list, another table.
    fn drop_and_create(&mut self, owner: usize) {
        self.memory.lock().forget_all(self.owners[owner]);
        self.owners[owner].table += 1;
        self.workers[owner] = Worker::Idle;
        self.callers.retain(|caller| caller.key.0 != owner);
        self.table.retain(|key, _| key.0 != owner);
        self.model.retain(|key, _| key.0 != owner);
        self.counted[owner] = (0, 0);
    }

    /// What a partition knows of an owner.
    pub fn counts(&mut self, owner: usize) -> OwnerCounts {
        *self.memory.lock().owner(self.owners[owner])
    }

    /// What a caller would find of a key, if nobody came in between.
    pub fn effective(&mut self, key: Key) -> Entry {
        let text = text(key.1);
        let slot_key = self.memory.key(self.owners[key.0], name(key.1, &text));
        let now_us = self.now_us;
        let mut slots: Slots<'_> = self.memory.lock();
        match slots.find(&slot_key, now_us) {
            Found::Slot(index) => *slots.slot(index).entry(),
            Found::Unknown => Entry::EMPTY,
            Found::Elsewhere(_) => self.row_of(key).0,
        }
    }
}
