//! The worker of one database: it reads the table, writes what is dirty, and sweeps; it may be killed at any time.

use phone_crypt_core::ratelimit::{Entry, Found, KeyKind, KeyName, Snapshot};

use super::simulation::{Key, Row, Simulation, name, text};
use crate::ratelimit_support::Sequence;

/// Slots looked at with the lock held once.
const PART: usize = 3;

/// A slot that is being written.
pub struct Copied {
    key: Key,
    entry: Entry,
    snapshot: Snapshot,
}

/// What it is about.
pub enum Worker {
    /// Nothing.
    Idle,
    /// Rows that it has read and not yet taken in, and the removals before it read them.
    Loading(u64, Vec<(Key, Row)>),
    /// What it has copied, and from which slot on it has not.
    Copying(Vec<Copied>, usize),
    /// What is in the table and not yet marked.
    Marking(Vec<Copied>),
}

impl Worker {
    /// The next thing it does, which others may come before and after.
    pub fn step(
        self,
        simulation: &mut Simulation,
        owner: usize,
        sequence: &mut Sequence,
    ) -> Worker {
        if sequence.below(25) == 0 {
            return Worker::Idle; // Killed.
        }
        match self {
            Worker::Idle => begin(simulation, owner, sequence),
            Worker::Loading(removals, rows) => load_one(simulation, owner, removals, rows),
            Worker::Copying(batch, from) => copy_part(simulation, owner, batch, from),
            Worker::Marking(batch) => mark_one(simulation, batch),
        }
    }
}

fn begin(simulation: &mut Simulation, owner: usize, sequence: &mut Sequence) -> Worker {
    if !simulation.counts(owner).loaded && sequence.below(3) > 0 {
        let removals = simulation.memory.lock().removals();
        let rows = simulation.table.iter().filter(|row| row.0.0 == owner);
        return Worker::Loading(removals, rows.map(|(key, row)| (*key, *row)).collect());
    }
    match sequence.below(12) {
        0 => {
            simulation
                .memory
                .lock()
                .forget_clean(simulation.owners[owner]);
            Worker::Idle
        }
        1 | 2 => {
            let now_us = simulation.now_us;
            simulation
                .table
                .retain(|_, (_, expires_us)| *expires_us > now_us);
            Worker::Idle
        }
        _ => Worker::Copying(Vec::new(), 0),
    }
}

fn load_one(
    simulation: &mut Simulation,
    owner: usize,
    removals: u64,
    mut rows: Vec<(Key, Row)>,
) -> Worker {
    let who = simulation.owners[owner];
    let now_us = simulation.now_us;
    let Some((key, (entry, expires_us))) = rows.pop() else {
        simulation.memory.lock().owner(who).loaded = true;
        return Worker::Idle;
    };
    let text = text(key.1);
    let slot_key = simulation.memory.key(who, name(key.1, &text));
    let mut slots = simulation.memory.lock();
    let is_found = matches!(slots.find(&slot_key, now_us), Found::Slot(_));
    if expires_us > now_us && !is_found {
        let is_in = slots.still_holds(removals)
            && slots.may_grow(who)
            && slots.insert(&slot_key, &entry, expires_us, now_us).is_ok();
        if !is_in {
            slots.leave_in_table(who, expires_us);
        }
    }
    Worker::Loading(removals, rows)
}

fn copy_part(
    simulation: &mut Simulation,
    owner: usize,
    mut batch: Vec<Copied>,
    from: usize,
) -> Worker {
    let who = simulation.owners[owner];
    let mut slots = simulation.memory.lock();
    if from < slots.touched() {
        let part = from..from + PART;
        slots.clean_worthless(who, part.clone(), simulation.now_us);
        let dirty = slots.of(who, part).filter(|(_, slot)| slot.is_dirty());
        let dirty: Vec<usize> = dirty.map(|(index, _)| index).collect();
        for index in dirty {
            let slot = *slots.slot(index);
            batch.push(Copied {
                key: (owner, number_of(slot.name())),
                entry: *slot.entry(),
                snapshot: slots.snapshot(index),
            });
        }
        return Worker::Copying(batch, from + PART);
    }
    for copied in &batch {
        let expires_us = copied.entry.expires_us();
        simulation
            .table
            .insert(copied.key, (copied.entry, expires_us));
    }
    Worker::Marking(batch)
}

fn mark_one(simulation: &mut Simulation, mut batch: Vec<Copied>) -> Worker {
    let Some(copied) = batch.pop() else {
        return Worker::Idle;
    };
    let text = text(copied.key.1);
    let name = name(copied.key.1, &text);
    simulation
        .memory
        .lock()
        .mark_flushed(&copied.snapshot, name);
    Worker::Marking(batch)
}

/// The number of a key with this name.
pub fn number_of(name: KeyName<'_>) -> u8 {
    let text = std::str::from_utf8(name.bytes).expect("a name");
    let half: u8 = text.rsplit(' ').next().unwrap().parse().expect("a number");
    2 * half + u8::from(name.kind == KeyKind::Policy)
}
