//! Rows of phones become rows of hashes in the same table.

use phone_crypt_core::ratelimit::{LegacyRow, MergeRule};
use std::collections::HashMap;

use super::batch::Batch;
use super::counts::Counts;
use super::keys::outcome_of;
use super::known_keys::{KnownKeys, with_known};
use super::table::{LegacyTable, Met};
use crate::keys::with_ring;
use crate::legacy::error::Result;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::statement;
use crate::pg::text::Text;
use crate::pg::user::as_owner;
use crate::pg::{Oid, TupleId};
use crate::phone::regions::with_default;

type Place = TupleId;

/// The rows that a batch locked: their keys and where they lie, in the order of the keys; where it ended, if there
/// may be more; and what is known of those that stay.
pub(super) struct Locked {
    pub rows: Vec<Met<Vec<u8>>>,
    pub last: Option<Place>,
    pub seen: u64,
    pub counts: Counts,
}

/// Locks the rows of a batch and finds their keys.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub(super) fn lock(table: &LegacyTable, batch: &Batch) -> Result<Locked> {
    let mut met = Vec::new();
    table.lock_batch(batch, |id, row| met.push((id.bytes().to_vec(), row)));
    let mut locked = Locked {
        rows: Vec::new(),
        last: met.last().map(|(_, row)| row.place),
        seen: met.len() as u64,
        counts: Counts::default(),
    };
    with_ring(|_| Result::Ok(()))?;
    with_default(|regions| {
        for (id, Met { place, row, .. }) in met {
            let key = outcome_of(Text::of(&id), regions)?.key(&mut locked.counts);
            locked.rows.extend(key.map(|key| Met { place, key, row }));
        }
        Result::Ok(())
    })?;
    locked.rows.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(locked)
}

/// Converts a batch. Gives how many rows it met, where it ended, and what it did.
///
/// Errors: not the table's owner, 42501; not such a table, 55000; a trigger that keeps rows, 27000; a key that was not
/// looked up and is there, 23505; as `lock`.
pub fn convert(oid: Oid, batch: &Batch) -> Result<(u64, Option<Place>, Counts)> {
    let in_their_name = as_owner(oid)?;
    let _settings = BatchSettings::apply();
    statement::fire_deferred_triggers_at_once(&in_their_name);
    let table = LegacyTable::of(oid)?;
    // Known before anything is locked: reading it may take a while.
    with_known(oid, &table, |known| {
        let mut locked = lock(&table, batch)?;
        write(&table, batch, &mut locked, known)?;
        Ok((locked.seen, locked.last, locked.counts))
    })
}

fn write(
    table: &LegacyTable,
    batch: &Batch,
    locked: &mut Locked,
    known: &mut KnownKeys,
) -> Result<()> {
    let rule = MergeRule {
        as_of_us: batch.as_of_us,
        window_us: batch.window_us,
        most: table.most(),
    };
    let Locked { rows, counts, .. } = locked;
    let mut there = lock_there(table, rows, |key| batch.looks_up_all || known.may_have(key));
    let mut renamed = Vec::with_capacity(rows.len());
    let mut kept = Vec::new();
    let mut gone = Vec::new();
    for group in rows.chunk_by(|one, other| one.key == other.key) {
        let key = group[0].key.as_slice();
        let before = match there.remove(key) {
            Some(There::Busy) => continue,
            Some(There::Locked(place, row)) => Some((place, row)),
            None => None,
        };
        counts.converted += group.len() as u64;
        known.add(key);
        if let ([only], None) = (group, &before) {
            renamed.push((only.place, key));
            continue;
        }
        let (place, row) = merged(&rule, group, before);
        let others = group.iter().map(|met| met.place);
        gone.extend(others.filter(|other| !is_same(*other, place)));
        kept.push(Met { place, key, row });
    }
    counts.merged = gone.len() as u64;
    // What goes away first: a row may become what another has been.
    table.delete(&gone)?;
    table.update(&kept)?;
    table.rename(&renamed)
}

/// A row that the table had under a hash already.
enum There {
    Locked(Place, LegacyRow),
    /// Somebody else has it: its key waits for the next pass.
    Busy,
}

/// The rows that the table has under the keys of these, as far as they are looked up.
fn lock_there(
    table: &LegacyTable,
    rows: &[Met<Vec<u8>>],
    is_looked_up: impl Fn(&[u8]) -> bool,
) -> HashMap<Vec<u8>, There> {
    let groups = rows.chunk_by(|one, other| one.key == other.key);
    let keys = groups.map(|group| group[0].key.as_slice());
    let keys: Vec<&[u8]> = keys.filter(|key| is_looked_up(key)).collect();
    let found = match keys.is_empty() {
        true => Vec::new(),
        false => table.existing(keys.into_iter()),
    };
    let mut locked = Vec::new();
    if !found.is_empty() {
        table.lock_ids(&found, |id, met| {
            locked.push((id.bytes().to_vec(), There::Locked(met.place, met.row)));
        });
    }
    let mut there: HashMap<Vec<u8>, There> =
        found.into_iter().map(|key| (key, There::Busy)).collect();
    there.extend(locked);
    there
}

/// The one row for a group, and the place that it takes: that of the row under the hash, else of the newest.
fn merged(
    rule: &MergeRule,
    group: &[Met<Vec<u8>>],
    before: Option<(Place, LegacyRow)>,
) -> (Place, LegacyRow) {
    let newest = group
        .iter()
        .max_by_key(|met| (met.row.window_start_ms, met.row.count));
    let first = before.or(newest.map(|met| (met.place, met.row)));
    let (place, row) = first.unwrap_or((group[0].place, group[0].row));
    let rest = group.iter().filter(|met| !is_same(met.place, place));
    let row = rest.fold(row, |into, from| rule.merge(&into, &from.row));
    (place, row)
}

fn is_same(one: Place, other: Place) -> bool {
    pgrx::itemptr::item_pointer_to_u64(one) == pgrx::itemptr::item_pointer_to_u64(other)
}
