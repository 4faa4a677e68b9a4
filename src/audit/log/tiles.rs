//! The leaf hashes in `phone_crypt.audit_tiles`.

use pgrx::IntoDatum;
use phone_crypt_core::audit::{HASH, Hash, LeafHashes, TILE, tile_bytes, tile_hashes, tile_root};

use crate::audit::error::{Error, Result};
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids};

thread_local! {
    static READ: Statement = const { Statement::new(
        c"SELECT t.hashes FROM phone_crypt.audit_tiles AS t \
           WHERE t.log OPERATOR(pg_catalog.=) $1 AND t.tile OPERATOR(pg_catalog.=) $2",
        &[oids::TEXTOID, oids::INT8OID],
    ) };
    static READ_ROOT: Statement = const { Statement::new(
        c"SELECT t.root FROM phone_crypt.audit_tiles AS t \
           WHERE t.log OPERATOR(pg_catalog.=) $1 AND t.tile OPERATOR(pg_catalog.=) $2",
        &[oids::TEXTOID, oids::INT8OID],
    ) };
    static WRITE: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.audit_tiles AS t (log, tile, hashes, root) VALUES ($1, $2, $3, $4) \
          ON CONFLICT ON CONSTRAINT audit_tiles_pkey DO UPDATE SET hashes = excluded.hashes, root = excluded.root",
        &[oids::TEXTOID, oids::INT8OID, oids::BYTEAOID, oids::BYTEAOID],
    ) };
}

/// The tiles of a log.
pub struct Tiles<'a> {
    owner: Oid,
    log: &'a str,
}

impl<'a> Tiles<'a> {
    /// Those of this log, in tables of this owner.
    pub fn of(owner: Oid, log: &'a str) -> Tiles<'a> {
        Tiles { owner, log }
    }

    fn bytes(&self, statement: &Statement, tile: u64) -> Option<Vec<u8>> {
        let arguments = [self.log.into_datum(), tile.cast_signed().into_datum()];
        let mut found = None;
        statement.run(self.owner, &arguments, |row| found = row.get(1));
        found
    }

    /// The hashes of the last tile of a tree of this size, which more are to follow; none where it is full.
    ///
    /// Errors: a tile with another number of hashes, XX001.
    pub fn unfinished(&self, size: u64) -> Result<Vec<Hash>> {
        let wanted = size % TILE;
        if wanted == 0 {
            return Ok(Vec::new());
        }
        let bytes = READ.with(|read| self.bytes(read, size / TILE));
        let hashes = bytes.as_deref().and_then(tile_hashes).unwrap_or_default();
        match hashes.len() as u64 == wanted {
            true => Ok(hashes.to_vec()),
            false => Err(Error::MissingLeaf(size - 1)),
        }
    }

    /// Writes a tile.
    pub fn write(&self, tile: u64, hashes: &[Hash]) {
        let root = (hashes.len() as u64 == TILE).then(|| tile_root(hashes).to_vec());
        let arguments = [
            self.log.into_datum(),
            tile.cast_signed().into_datum(),
            tile_bytes(hashes).into_datum(),
            root.into_datum(),
        ];
        WRITE.with(|write| write.run(self.owner, &arguments, |_| ()));
    }
}

impl LeafHashes for Tiles<'_> {
    type Error = Error;

    fn tile(&mut self, tile: u64) -> Result<Vec<Hash>> {
        let bytes = READ.with(|read| self.bytes(read, tile));
        let hashes = bytes.as_deref().and_then(tile_hashes).map(<[Hash]>::to_vec);
        hashes.ok_or(Error::MissingLeaf(tile * TILE))
    }

    fn root_of_tile(&mut self, tile: u64) -> Result<Hash> {
        let root = READ_ROOT.with(|read| self.bytes(read, tile));
        match root.as_deref().and_then(|root| root.as_array::<HASH>()) {
            Some(root) => Ok(*root),
            None => Err(Error::MissingLeaf(tile * TILE + TILE - 1)),
        }
    }

    fn missing(&self, leaf: u64) -> Error {
        Error::MissingLeaf(leaf)
    }
}
