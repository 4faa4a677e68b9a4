//! Verifying the log: every record against its hash, every hash against the tree, the tree against every checkpoint that is
//! stored, and one that was kept elsewhere. The first broken place is what counts. All of it is read as one statement sees it: what
//! the worker writes meanwhile does not look like a change.

use pgrx::{IntoDatum, check_for_interrupts};
use phone_crypt_core::audit::{
    Checkpoint, Frontier, Hash, Note, NoteKey, Record, SignatureCheck, TILE, batch_records,
    leaf_hash, tile_hashes, tile_root,
};
use std::collections::BTreeMap;

use super::state::{self, LogState};
use crate::audit::error::{Error, Result};
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids};

thread_local! {
    static TILE_ROW: Statement = const { Statement::new(
        c"SELECT t.hashes, t.root FROM phone_crypt.audit_tiles AS t \
           WHERE t.log OPERATOR(pg_catalog.=) $1 AND t.tile OPERATOR(pg_catalog.=) $2",
        &[oids::TEXTOID, oids::INT8OID],
    ) };
    static RECORDS: Statement = const { Statement::new(
        c"SELECT r.seq, r.records, pg_catalog.date_send(r.month) \
            FROM phone_crypt.audit_records AS r \
           WHERE r.log OPERATOR(pg_catalog.=) $1 AND r.seq OPERATOR(pg_catalog.>=) $2 \
             AND r.seq OPERATOR(pg_catalog.<) $3 ORDER BY r.seq",
        &[oids::TEXTOID, oids::INT8OID, oids::INT8OID],
    ) };
    // Rows that no tile has: of no number, or of a log that there is not. Whoever reads the view sees them.
    static STRAY: Statement = const { Statement::new(
        c"SELECT r.seq FROM phone_crypt.audit_records AS r \
           WHERE r.seq IS NULL OR r.seq OPERATOR(pg_catalog.<) 0 \
              OR NOT EXISTS (SELECT FROM phone_crypt.audit_logs AS l WHERE l.log OPERATOR(pg_catalog.=) r.log) \
           ORDER BY r.seq NULLS LAST LIMIT 1",
        &[],
    ) };
    // Tiles that are none of the tree.
    static STRAY_TILE: Statement = const { Statement::new(
        c"SELECT t.tile FROM phone_crypt.audit_tiles AS t \
           WHERE t.log OPERATOR(pg_catalog.=) $1 AND (t.tile OPERATOR(pg_catalog.<) 0 OR t.tile OPERATOR(pg_catalog.>=) $2) \
           ORDER BY t.tile LIMIT 1",
        &[oids::TEXTOID, oids::INT8OID],
    ) };
    static BEYOND: Statement = const { Statement::new(
        c"SELECT r.seq FROM phone_crypt.audit_records AS r \
           WHERE r.log OPERATOR(pg_catalog.=) $1 AND r.seq OPERATOR(pg_catalog.>=) $2 ORDER BY r.seq LIMIT 1",
        &[oids::TEXTOID, oids::INT8OID],
    ) };
    static CHECKPOINTS: Statement = const { Statement::new(
        c"SELECT c.size, c.note FROM phone_crypt.audit_checkpoints AS c WHERE c.log OPERATOR(pg_catalog.=) $1 \
           ORDER BY c.size, c.signed_at",
        &[oids::TEXTOID],
    ) };
    static KEYS: Statement = const { Statement::new(
        c"SELECT k.public_key FROM phone_crypt.audit_public_keys AS k WHERE k.log OPERATOR(pg_catalog.=) $1",
        &[oids::TEXTOID],
    ) };
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What is wrong; none where nothing is.
    pub problem: Option<Problem>,
    /// The record, or the number of records, where it begins.
    pub seq: Option<u64>,
    /// Records that were verified.
    pub records: u64,
    /// Records of which only the hash is left, since they were dropped when they were too old.
    pub dropped: u64,
    /// The last start that is on record: where the log has been written since.
    pub start: Option<String>,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// A record is not the one that was hashed.
    RecordChanged,
    /// A record is missing, and was not dropped for its age.
    RecordMissing,
    /// There is a record that the log does not count.
    RecordAdded,
    /// Hashes are missing, or are not those of the tree.
    HashesChanged,
    /// A stored checkpoint says something else than the tree.
    CheckpointDiffers,
    /// A stored checkpoint is not signed by a key of the log.
    CheckpointNotSigned,
    /// The given checkpoint is not signed by a key of the log.
    NotSigned,
    /// The given checkpoint is of another log.
    OtherLog,
    /// The given checkpoint is of a larger tree: the tail is gone.
    Truncated,
    /// The same, and the log has gone on elsewhere since: an older backup was restored, or a standby promoted that lacked it.
    Restored,
    /// The given checkpoint is of another tree: history was written anew, or the log was continued in two places.
    Forked,
}

impl Problem {
    /// Its name in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Problem::RecordChanged => "record changed",
            Problem::RecordMissing => "record missing",
            Problem::RecordAdded => "record added",
            Problem::HashesChanged => "hashes changed",
            Problem::CheckpointDiffers => "stored checkpoint differs",
            Problem::CheckpointNotSigned => "stored checkpoint not signed",
            Problem::NotSigned => "checkpoint not signed",
            Problem::OtherLog => "checkpoint of another log",
            Problem::Truncated => "truncated",
            Problem::Restored => "restored",
            Problem::Forked => "forked",
        }
    }
}

/// A place that is broken.
type Broken = (Problem, u64);

/// Verifies the log of this database, or the closed one that the checkpoint is of.
///
/// Errors: the text is no checkpoint, 22023; no log, 55000.
pub fn verify(note: Option<&str>) -> Result<Verdict> {
    let given = note.map(|note| -> Result<_> {
        let note = Note::parse(note)?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        Ok((note, checkpoint))
    });
    let given = given.transpose()?;
    let owner = state::owner()?;
    let state = match &given {
        Some((_, checkpoint)) => named_by(owner, checkpoint)?,
        None => LogState::read(owner, None)?,
    };
    let wanted = given.as_ref().map(|(_, checkpoint)| checkpoint.size);
    let mut pass = Pass::new(owner, &state, wanted);
    let broken = pass.all().err();
    let broken = broken.or_else(|| {
        let (note, checkpoint) = given.as_ref()?;
        pass.given(note, checkpoint).err()
    });
    Ok(Verdict {
        problem: broken.map(|(problem, _)| problem),
        seq: broken.map(|(_, seq)| seq),
        records: pass.records,
        dropped: pass.dropped,
        start: pass.start.map(|start| start.text),
    })
}

/// The log that a checkpoint names; that of this database where there is none of this name.
fn named_by(owner: Oid, checkpoint: &Checkpoint) -> Result<LogState> {
    let log = checkpoint.origin.strip_prefix("phone_crypt/");
    match LogState::read(owner, Some(log.unwrap_or_default())) {
        Err(Error::NoLog) => LogState::read(owner, None),
        state => state,
    }
}

/// A pass over all of a log.
struct Pass<'a> {
    owner: Oid,
    state: &'a LogState,
    keys: Vec<NoteKey>,
    /// Stored checkpoints, by size.
    checkpoints: BTreeMap<u64, Vec<Vec<u8>>>,
    /// The size of the given checkpoint, and the root of the tree of that size.
    wanted: Option<(u64, Option<Hash>)>,
    tree: Frontier,
    records: u64,
    dropped: u64,
    /// How far records say that the first ones were dropped for their age.
    dropped_up_to: u64,
    /// The month of the last row, as PostgreSQL counts days. No row is of an earlier one than the row before it.
    month: i32,
    start: Option<Start>,
}

/// A start that is on record.
struct Start {
    seq: u64,
    cause: String,
    text: String,
}

impl<'a> Pass<'a> {
    fn new(owner: Oid, state: &'a LogState, wanted: Option<u64>) -> Pass<'a> {
        let log = || state.log.as_str().into_datum();
        let mut keys = Vec::new();
        KEYS.with(|it| {
            it.read(owner, &[log()], |row| {
                let bytes: Vec<u8> = row.get(1).unwrap_or_default();
                keys.extend(NoteKey::new(&state.origin(), &bytes));
            })
        });
        let mut checkpoints: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
        CHECKPOINTS.with(|it| {
            it.read(owner, &[log()], |row| {
                let size: i64 = row.get(1).unwrap_or_default();
                let notes = checkpoints.entry(size.cast_unsigned()).or_default();
                notes.push(row.get(2).unwrap_or_default());
            })
        });
        Pass {
            owner,
            state,
            keys,
            checkpoints,
            wanted: wanted.map(|size| (size, None)),
            tree: Frontier::default(),
            records: 0,
            dropped: 0,
            dropped_up_to: 0,
            month: i32::MIN,
            start: None,
        }
    }

    /// The whole log.
    fn all(&mut self) -> std::result::Result<(), Broken> {
        let size = self.state.tree.size();
        self.at_size()?;
        for tile in 0..size.div_ceil(TILE) {
            check_for_interrupts!();
            self.tile(tile, size)?;
        }
        if self.tree != self.state.tree {
            return Err((Problem::HashesChanged, size));
        }
        if let Some((size, _)) = self.checkpoints.range(size + 1..).next() {
            return Err((Problem::Truncated, self.tree.size().min(*size)));
        }
        if self.dropped > self.dropped_up_to {
            return Err((Problem::RecordMissing, self.dropped_up_to));
        }
        if let Some(seq) = self.beyond(size).or_else(|| self.stray()) {
            return Err((Problem::RecordAdded, seq));
        }
        match self.stray_tile(size.div_ceil(TILE)) {
            Some(tile) => Err((Problem::HashesChanged, tile.wrapping_mul(TILE))),
            None => Ok(()),
        }
    }

    /// A tile: its hashes, and the records that they are of.
    fn tile(&mut self, tile: u64, size: u64) -> std::result::Result<(), Broken> {
        let first = tile * TILE;
        let wanted = TILE.min(size - first);
        let (bytes, root) = self.stored_tile(tile);
        let hashes = tile_hashes(&bytes).unwrap_or_default();
        if hashes.len() as u64 != wanted {
            return Err((Problem::HashesChanged, first + hashes.len() as u64));
        }
        let is_full = wanted == TILE;
        if is_full && root.as_deref() != Some(tile_root(hashes).as_slice()) {
            return Err((Problem::HashesChanged, first));
        }
        let records = self.stored_records(first, first + wanted)?;
        for (place, hash) in hashes.iter().enumerate() {
            let seq = first + place as u64;
            self.record(seq, records.get(&seq).map(Vec::as_slice), hash)?;
            self.tree.push(*hash);
            self.at_size()?;
        }
        Ok(())
    }

    /// A record, held against its hash.
    fn record(
        &mut self,
        seq: u64,
        bytes: Option<&[u8]>,
        hash: &Hash,
    ) -> std::result::Result<(), Broken> {
        let Some(bytes) = bytes else {
            // Only those before all others may have been dropped.
            if self.records > 0 {
                return Err((Problem::RecordMissing, seq));
            }
            self.dropped = seq + 1;
            return Ok(());
        };
        let record = Record::parse(bytes).map_err(|_| (Problem::RecordChanged, seq))?;
        if leaf_hash(bytes) != *hash || record.seq != seq {
            return Err((Problem::RecordChanged, seq));
        }
        self.records += 1;
        let text = |name: &str| Some(record.field(name)?.as_str()?.to_owned());
        match text("event").as_deref() {
            Some("start") => {
                self.start = Some(Start {
                    seq,
                    cause: text("cause").unwrap_or_default(),
                    text: String::from_utf8_lossy(record.fields).into_owned(),
                });
            }
            Some("dropped") => {
                let up_to = record.field("up_to").and_then(|it| it.as_u64());
                self.dropped_up_to = self.dropped_up_to.max(up_to.unwrap_or(0));
            }
            _ => {}
        }
        Ok(())
    }

    /// The tree has a size of which there may be checkpoints.
    fn at_size(&mut self) -> std::result::Result<(), Broken> {
        let size = self.tree.size();
        if let Some((wanted, root)) = &mut self.wanted
            && *wanted == size
        {
            *root = Some(self.tree.root());
        }
        for note in self.checkpoints.get(&size).into_iter().flatten() {
            let note = std::str::from_utf8(note)
                .ok()
                .and_then(|note| Note::parse(note).ok());
            let Some(note) = note.filter(|note| note.check(&self.keys) == SignatureCheck::Valid)
            else {
                return Err((Problem::CheckpointNotSigned, size));
            };
            let checkpoint = Checkpoint::parse(&note.text);
            let is_so = checkpoint.is_ok_and(|it| {
                it.origin == self.state.origin() && it.size == size && it.root == self.tree.root()
            });
            if !is_so {
                return Err((Problem::CheckpointDiffers, size));
            }
        }
        Ok(())
    }

    /// The checkpoint that was kept elsewhere.
    fn given(&self, note: &Note, checkpoint: &Checkpoint) -> std::result::Result<(), Broken> {
        let size = self.state.tree.size();
        if checkpoint.origin != self.state.origin() {
            return Err((Problem::OtherLog, checkpoint.size));
        }
        if note.check(&self.keys) != SignatureCheck::Valid {
            return Err((Problem::NotSigned, checkpoint.size));
        }
        if checkpoint.size > size {
            let has_moved = |start: &Start| start.cause == "promotion or restore";
            let moved = self.start.as_ref().filter(|start| has_moved(start));
            return Err(match moved {
                Some(start) => (Problem::Restored, start.seq),
                None => (Problem::Truncated, size),
            });
        }
        match self.wanted {
            Some((_, Some(root))) if root == checkpoint.root => Ok(()),
            _ => Err((Problem::Forked, checkpoint.size)),
        }
    }

    fn stored_tile(&self, tile: u64) -> (Vec<u8>, Option<Vec<u8>>) {
        let arguments = [
            self.state.log.as_str().into_datum(),
            tile.cast_signed().into_datum(),
        ];
        let mut found = (Vec::new(), None);
        TILE_ROW.with(|it| {
            it.read(self.owner, &arguments, |row| {
                found = (row.get(1).unwrap_or_default(), row.get(2));
            })
        });
        found
    }

    /// Records of a tile, each once. What is no batch stands for its last record.
    fn stored_records(
        &mut self,
        from: u64,
        to: u64,
    ) -> std::result::Result<BTreeMap<u64, Vec<u8>>, Broken> {
        let [first, end] = [from, to].map(|seq| seq.cast_signed().into_datum());
        let arguments = [self.state.log.as_str().into_datum(), first, end];
        let mut found = BTreeMap::new();
        let mut broken = None;
        let month = &mut self.month;
        RECORDS.with(|it| {
            it.read(self.owner, &arguments, |row| {
                let last: i64 = row.get(1).unwrap_or_default();
                let bytes: Vec<u8> = row.get(2).unwrap_or_default();
                let of_month: Vec<u8> = row.get(3).unwrap_or_default();
                let of_month = of_month.as_array().copied();
                let of_month = of_month.map_or(i32::MIN, i32::from_be_bytes);
                let is_earlier = of_month < std::mem::replace(month, of_month);
                let batch = batch_records(last.cast_unsigned(), &bytes).map_or_else(
                    |_| vec![(last.cast_unsigned(), Vec::new())],
                    |records| records.iter().map(|it| (it.seq, it.bytes())).collect(),
                );
                for (seq, bytes) in batch {
                    if is_earlier {
                        broken = broken.or(Some((Problem::RecordChanged, seq)));
                    }
                    if seq < from || found.insert(seq, bytes).is_some() {
                        broken = broken.or(Some((Problem::RecordAdded, seq)));
                    }
                }
            })
        });
        broken.map_or(Ok(found), Err)
    }

    fn beyond(&self, size: u64) -> Option<u64> {
        let arguments = [
            self.state.log.as_str().into_datum(),
            size.cast_signed().into_datum(),
        ];
        let mut found: Option<i64> = None;
        BEYOND.with(|it| it.read(self.owner, &arguments, |row| found = row.get(1)));
        found.map(i64::cast_unsigned)
    }

    /// The number of a record that is in no place where one belongs; 0 for one that has none.
    fn stray(&self) -> Option<u64> {
        let mut found: Option<i64> = None;
        STRAY.with(|it| {
            it.read(self.owner, &[], |row| {
                found = Some(row.get(1).unwrap_or_default());
            })
        });
        found.map(i64::cast_unsigned)
    }

    fn stray_tile(&self, tiles: u64) -> Option<u64> {
        let arguments = [
            self.state.log.as_str().into_datum(),
            tiles.cast_signed().into_datum(),
        ];
        let mut found: Option<i64> = None;
        STRAY_TILE.with(|it| it.read(self.owner, &arguments, |row| found = row.get(1)));
        found.map(i64::cast_unsigned)
    }
}
