//! From a request to a verdict: lists first, then the engine.

use phone_crypt_core::ratelimit::{self as core, Entry, KeyName, Part, Reason, SlotKey, Verdict};
use std::borrow::Borrow;
use std::cell::Cell;

use super::lists::has_lists;
use super::memory;
use super::policies::Policy;
use super::request::Request;
use super::state::engine::{Engine, in_force};
use super::state::transition::Transition;
use super::storage::{Storage, storage};
use super::table::{self, TableKey};
use crate::pg::clock;
use crate::ratelimit::error::{Error, Result};

thread_local! {
    /// The memory of one call for the next: some kilobytes, which malloc and free would take long for.
    static ANSWERS: Cell<Vec<(Option<Entry>, Verdict)>> = const { Cell::new(Vec::new()) };
}

/// Where the state of a key is. To be looked for as soon as the key is known: its slot comes from memory while the
/// other arguments are read, and not while the lock is held.
pub struct Located<'a> {
    storage: Storage,
    at: At<'a>,
}

enum At<'a> {
    Slot(SlotKey<'a>),
    Row(TableKey<'a>),
}

/// Looks for the state of a key.
///
/// Errors: no engine, 55000; a key that is too long, 22023.
pub fn locate(name: KeyName<'_>, durable: bool) -> Result<Located<'_>> {
    let storage = storage()?;
    let at = match (engine_of(durable)?, storage.slots) {
        (Engine::Memory, Some(owner)) => At::Slot(memory::locate(owner, name)?),
        _ => At::Row(table_key(name, durable)),
    };
    Ok(Located { storage, at })
}

/// A hit.
///
/// Errors: no slot, 53400; no engine, 55000.
pub fn hit(request: &Request<'_>, cost: i64) -> Result<Verdict> {
    let located = locate(request.state.name(), request.durable)?;
    hit_at(&located, request, cost)
}

/// A hit on a key that has been looked for.
///
/// Errors: no slot, 53400.
pub fn hit_at(located: &Located<'_>, request: &Request<'_>, cost: i64) -> Result<Verdict> {
    if let At::Slot(key) = &located.at {
        memory::prefetch(key);
    }
    if let Some(verdict) = request.listed() {
        request.count_listed(&located.storage, &verdict);
        return Ok(verdict);
    }
    let verdict = replace(located, |entry, now_us| {
        hit_entry(entry, now_us, request, cost)
    })??;
    let verdict = request.shown(verdict);
    request.count(&located.storage, &verdict);
    Ok(verdict)
}

fn hit_entry(
    entry: &Entry,
    now_us: i64,
    request: &Request<'_>,
    cost: i64,
) -> (Transition, Result<Verdict>) {
    match core::hit(entry, now_us, &request.limit, cost) {
        Ok((kept, verdict)) => (Transition::of_hit(kept, &verdict), Ok(verdict)),
        Err(error) => (Transition::change(None), Err(error.into())),
    }
}

/// The answer that a hit would get, and what the key's entry is now. Nothing is consumed.
///
/// Errors: as `hit`.
pub fn look(request: &Request<'_>, cost: i64) -> Result<(Verdict, Entry, i64)> {
    let (entry, now_us) = change(request.state.name(), request.durable, |entry, now_us| {
        (None, (*entry, now_us))
    })?;
    let verdict = match request.listed() {
        Some(verdict) => verdict,
        None => request.shown(core::look(&entry, now_us, &request.limit, cost)?),
    };
    Ok((verdict, entry, now_us))
}

/// Measures and replaces what is kept of a key, by something that is no hit.
///
/// Errors: as `hit`.
pub fn change<R>(
    name: KeyName<'_>,
    durable: bool,
    mut with: impl FnMut(&Entry, i64) -> (Option<Entry>, R),
) -> Result<R> {
    replace(&locate(name, durable)?, |entry, now_us| {
        let (kept, answer) = with(entry, now_us);
        (Transition::change(kept), answer)
    })
}

fn replace<R>(
    located: &Located<'_>,
    mut transition: impl FnMut(&Entry, i64) -> (Transition, R),
) -> Result<R> {
    let key = match located.at {
        At::Slot(key) => return memory::replace(&located.storage, key, transition),
        At::Row(key) => key,
    };
    let mut denied = None;
    let answer = table::replace(&located.storage, key, |entry, now_us| {
        let (kept, answer) = transition(entry, now_us);
        denied = kept.denied;
        (kept, answer)
    })?;
    table::count(&located.storage, denied);
    Ok(answer)
}

fn engine_of(durable: bool) -> Result<Engine> {
    match durable {
        true => Ok(Engine::Table),
        false => in_force(),
    }
}

fn table_key(name: KeyName<'_>, is_durable: bool) -> TableKey<'_> {
    TableKey { name, is_durable }
}

/// A hit on a key that used to have other names: what is live under those is moved to the first of `requests`, which
/// differ in their keys alone, and then the hit is made.
///
/// Errors: as `hit`; no request, 22023.
pub fn hit_moving(requests: &[Request<'_>], cost: i64) -> Result<Verdict> {
    let request = match requests {
        [] => return Err(Error::KeyLength),
        [only] => return hit(only, cost),
        [first, ..] => first,
    };
    if let Some(verdict) = requests.iter().find_map(Request::listed) {
        request.count_listed(&storage()?, &verdict);
        return Ok(verdict);
    }
    let refs: Vec<&Request<'_>> = requests.iter().collect();
    let verdict = replace_all(&refs, |entries, now_us, kept| {
        move_and_hit(entries, now_us, kept, request, cost)
    })??;
    let verdict = request.shown(verdict);
    request.count(&storage()?, &verdict);
    Ok(verdict)
}

/// The answer that `hit_moving` would give. Nothing is consumed or moved.
///
/// Errors: as `hit_moving`.
pub fn look_moving(requests: &[Request<'_>], cost: i64) -> Result<Verdict> {
    let request = match requests {
        [] => return Err(Error::KeyLength),
        [only] => return Ok(look(only, cost)?.0),
        [first, ..] => first,
    };
    if let Some(verdict) = requests.iter().find_map(Request::listed) {
        return Ok(verdict);
    }
    let refs: Vec<&Request<'_>> = requests.iter().collect();
    let verdict = replace_all(&refs, |entries, now_us, _| {
        let merged = merged(entries, now_us);
        core::look(&merged, now_us, &request.limit, cost)
    })??;
    Ok(request.shown(verdict))
}

fn is_live(entry: &Entry, now_us: i64) -> bool {
    entry.expires_us() > now_us
}

/// The first entry with what is live in the others.
fn merged(entries: &[Entry], now_us: i64) -> Entry {
    entries
        .iter()
        .skip(1)
        .filter(|entry| is_live(entry, now_us))
        .fold(
            entries.first().copied().unwrap_or(Entry::EMPTY),
            |into, from| core::absorb(&into, from, now_us),
        )
}

fn move_and_hit(
    entries: &[Entry],
    now_us: i64,
    all: &mut Vec<Transition>,
    request: &Request<'_>,
    cost: i64,
) -> Result<Verdict> {
    let current = entries.first().copied().unwrap_or(Entry::EMPTY);
    let merged = merged(entries, now_us);
    let (kept, verdict) = hit_entry(&merged, now_us, request, cost);
    let is_moved = merged != current;
    let entry = kept.entry.or(is_moved.then_some(merged));
    let rest = entries
        .iter()
        .skip(1)
        .map(|entry| Transition::change(is_live(entry, now_us).then_some(Entry::EMPTY)));
    all.push(Transition { entry, ..kept });
    all.extend(rest);
    verdict
}

/// A hit on a policy.
///
/// Errors: as `hit`.
pub fn check(policy: &Policy, key: &[u8], cost: i64) -> Result<Verdict> {
    hit(&Request::of_policy(policy, key), cost)
}

/// Hits all or none, each at its own cost.
///
/// Errors: as `hit`.
pub fn check_all(requests: &[Request<'_>]) -> Result<Vec<Verdict>> {
    let verdicts = decide_all(requests)?;
    let storage = storage()?;
    let is_denied = verdicts.iter().any(|it| !it.decision.allowed);
    for (request, verdict) in requests.iter().zip(&verdicts) {
        // Where another one says no, nothing was consumed here.
        if !(is_denied && verdict.reason == Reason::Ok) {
            request.count(&storage, verdict);
        }
    }
    Ok(verdicts)
}

fn decide_all(requests: &[Request<'_>]) -> Result<Vec<Verdict>> {
    if !has_lists() {
        return hit_all(requests);
    }
    let listed: Vec<Option<Verdict>> = requests.iter().map(Request::listed).collect();
    let is_denied = |verdict: &Option<Verdict>| verdict.is_some_and(|it| !it.decision.allowed);
    if listed.iter().any(is_denied) {
        return requests
            .iter()
            .zip(&listed)
            .map(|(request, listed)| match listed {
                Some(verdict) => Ok(*verdict),
                None => Ok(look(request, request.cost)?.0),
            })
            .collect();
    }
    let decided: Vec<&Request<'_>> = requests
        .iter()
        .zip(&listed)
        .filter(|(_, listed)| listed.is_none())
        .map(|(request, _)| request)
        .collect();
    let mut answers = hit_all(&decided)?.into_iter();
    let verdicts = listed.into_iter().map(|it| it.or_else(|| answers.next()));
    Ok(verdicts.flatten().collect())
}

/// Hits all or none. What the lists say has no part in it.
fn hit_all<'a>(requests: &[impl Borrow<Request<'a>>]) -> Result<Vec<Verdict>> {
    // What takes time is done before any lock is held.
    let parts: Vec<Part<'_>> = requests.iter().map(|it| it.borrow().part()).collect();
    let mut answers = ANSWERS.take();
    replace_all(requests, |entries, now_us, kept| {
        core::hit_all(entries, now_us, &parts, &mut answers)?;
        kept.extend(
            answers
                .iter()
                .map(|(entry, verdict)| Transition::of_hit(*entry, verdict)),
        );
        Ok::<(), Error>(())
    })??;
    let pairs = requests.iter().zip(&answers);
    let verdicts = pairs.map(|(request, (_, verdict))| request.borrow().shown(*verdict));
    let verdicts = verdicts.collect();
    ANSWERS.set(answers);
    Ok(verdicts)
}

/// Measures and replaces several keys at one moment, whichever engines they are in. Rows are locked before slots,
/// since a row may have to be waited for; and only if the transition wants to change one. It is given a list that is empty,
/// and adds to it what becomes of each entry; those that it leaves out stay as they are.
fn replace_all<'a, R>(
    requests: &[impl Borrow<Request<'a>>],
    mut transition: impl FnMut(&[Entry], i64, &mut Vec<Transition>) -> R,
) -> Result<R> {
    let storage = storage()?;
    if let Some(owner) = storage.slots
        && are_in_memory(requests)?
    {
        let names = requests.iter().map(|it| it.borrow().state.name());
        return memory::replace_all(&storage, owner, names, transition);
    }
    let mut in_memory = Vec::new();
    let mut in_table = Vec::new();
    for (index, request) in requests.iter().enumerate() {
        match engine_of(request.borrow().durable)? {
            Engine::Memory if storage.slots.is_some() => in_memory.push(index),
            _ => in_table.push(index),
        }
    }
    let keys: Vec<TableKey<'_>> = in_table
        .iter()
        .map(|index| requests[*index].borrow())
        .map(|it: &Request<'_>| table_key(it.state.name(), it.durable))
        .collect();
    let mut rows = table::look(&storage, &keys);
    let mut are_locked = keys.is_empty();
    loop {
        let mut changes: Vec<Transition> = Vec::new();
        let mut at_us = clock::now_us();
        let answer = with_slots(&storage, requests, &in_memory, |slots, now_us, of_slots| {
            let entries = together(requests.len(), &in_memory, slots, &in_table, &rows);
            let mut kept = Vec::with_capacity(entries.len());
            let answer = transition(&entries, now_us, &mut kept);
            kept.resize(entries.len(), Transition::NONE);
            changes = in_table.iter().map(|index| kept[*index]).collect();
            at_us = now_us;
            let wants_rows = changes.iter().any(|kept| kept.entry.is_some());
            if wants_rows && !are_locked {
                return None;
            }
            of_slots.extend(in_memory.iter().map(|index| kept[*index]));
            Some(answer)
        })?;
        if let Some(answer) = answer {
            for (key, kept) in keys.iter().zip(&changes) {
                table::count(&storage, kept.denied);
                if let Some(entry) = kept.entry {
                    table::write(&storage, *key, &entry, at_us);
                }
            }
            return Ok(answer);
        }
        rows = table::lock_all(&storage, &keys);
        are_locked = true;
    }
}

/// Whether the memory engine keeps all of them.
fn are_in_memory<'a>(requests: &[impl Borrow<Request<'a>>]) -> Result<bool> {
    let is_in_memory = in_force()? == Engine::Memory;
    Ok(is_in_memory && requests.iter().all(|it| !it.borrow().durable))
}

fn with_slots<'a, R>(
    storage: &Storage,
    requests: &[impl Borrow<Request<'a>>],
    in_memory: &[usize],
    mut transition: impl FnMut(&[Entry], i64, &mut Vec<Transition>) -> R,
) -> Result<R> {
    let names = in_memory
        .iter()
        .map(|index| requests[*index].borrow().state.name());
    match storage.slots {
        Some(owner) if !in_memory.is_empty() => {
            memory::replace_all(storage, owner, names, transition)
        }
        _ => Ok(transition(&[], clock::now_us(), &mut Vec::new())),
    }
}

/// The entries of both engines in the order of the requests.
fn together(
    count: usize,
    in_memory: &[usize],
    slots: &[Entry],
    in_table: &[usize],
    rows: &[Entry],
) -> Vec<Entry> {
    let mut entries = vec![Entry::EMPTY; count];
    let pairs = in_memory.iter().zip(slots).chain(in_table.iter().zip(rows));
    for (index, entry) in pairs {
        entries[*index] = *entry;
    }
    entries
}
