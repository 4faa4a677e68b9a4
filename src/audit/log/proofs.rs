//! Proofs, for who has kept a checkpoint.

use pgrx::IntoDatum;
use phone_crypt_core::audit::{Hash, LeafHashes, TILE, consistency_proof, inclusion_proof};

use super::state::{self, LogState};
use super::tiles::Tiles;
use crate::audit::error::{Error, Result};
use crate::pg::oids;
use crate::pg::statement::Statement;

thread_local! {
    static NEWEST: Statement = const { Statement::new(
        c"SELECT c.note FROM phone_crypt.audit_checkpoints AS c WHERE c.log OPERATOR(pg_catalog.=) $1 \
           ORDER BY c.size DESC, c.signed_at DESC LIMIT 1",
        &[oids::TEXTOID],
    ) };
}

/// The newest checkpoint of this database's log.
///
/// Errors: none has been signed, or there is no log, 55000.
pub fn newest_checkpoint() -> Result<String> {
    let owner = state::owner()?;
    let state = LogState::read(owner, None)?;
    let mut note = None;
    let log = state.log.as_str().into_datum();
    NEWEST.with(|newest| newest.run(owner, &[log], |row| note = row.get::<Vec<u8>>(1)));
    let note = note.ok_or(Error::NoCheckpoint)?;
    Ok(String::from_utf8_lossy(&note).into_owned())
}

/// A proof, and what it is of.
pub struct Proof {
    /// The size of the tree.
    pub size: u64,
    /// The leaf's hash, of a proof of inclusion.
    pub leaf: Option<Hash>,
    /// The hashes.
    pub hashes: Vec<Hash>,
}

/// The size of the tree that a proof is to be of: that of the newest checkpoint, or the one asked for.
fn size_of(state: &LogState, wanted: Option<u64>) -> Result<u64> {
    let size = state.tree.size();
    match (wanted, state.signed_size) {
        (Some(wanted), _) if wanted <= size => Ok(wanted),
        (Some(_), _) => Err(Error::OutOfRange("size", 0, size)),
        (None, Some(signed)) => Ok(signed.cast_unsigned()),
        (None, None) => Err(Error::NoCheckpoint),
    }
}

/// That record `seq` is in the tree.
///
/// Errors: no such record, or a tree that is larger than the log, 22023; no checkpoint, 55000; a missing hash, XX001.
pub fn inclusion(seq: u64, size: Option<u64>) -> Result<Proof> {
    let owner = state::owner()?;
    let state = LogState::read(owner, None)?;
    let size = size_of(&state, size)?;
    if seq >= size {
        return Err(Error::OutOfRange("seq", 0, size.saturating_sub(1)));
    }
    let mut tiles = Tiles::of(owner, &state.log);
    let tile = tiles.tile(seq / TILE)?;
    let leaf = tile.get((seq % TILE) as usize).copied();
    Ok(Proof {
        size,
        leaf: Some(leaf.ok_or(Error::MissingLeaf(seq))?),
        hashes: inclusion_proof(&mut tiles, seq, size)?,
    })
}

/// That the tree of `old` records is the beginning of the tree.
///
/// Errors: as [`inclusion`].
pub fn consistency(old: u64, size: Option<u64>) -> Result<Proof> {
    let owner = state::owner()?;
    let state = LogState::read(owner, None)?;
    let size = size_of(&state, size)?;
    if old > size {
        return Err(Error::OutOfRange("old_size", 0, size));
    }
    let mut tiles = Tiles::of(owner, &state.log);
    Ok(Proof {
        size,
        leaf: None,
        hashes: consistency_proof(&mut tiles, old, size)?,
    })
}
