//! The SQL functions of the log.

use pgrx::{IntoDatum, pg_extern};
use phone_crypt_core::audit::Hash;

use super::current::{self, BATCH, Written};
use super::proofs::{self, Proof};
use super::sign;
use super::task::WriteLog;
use super::verify::{Problem, verify};
use crate::audit::error::{Error, Result};
use crate::audit::queue;
use crate::pg::Answer;
use crate::pg::arguments::{given, optional};
use crate::pg::record::{Record, RowType};
use crate::pg::text::{Text, TextOut};
use crate::pg::{arrays, oids, transaction};
use crate::worker::{NotRun, run_and_wait};

thread_local! {
    static PROOF: RowType = const { RowType::new(&[
        (c"size", oids::INT8OID),
        (c"leaf_hash", oids::BYTEAOID),
        (c"proof", oids::BYTEAARRAYOID),
    ]) };
    static VERDICT: RowType = const { RowType::new(&[
        (c"intact", oids::BOOLOID),
        (c"problem", oids::TEXTOID),
        (c"seq", oids::INT8OID),
        (c"records", oids::INT8OID),
        (c"dropped", oids::INT8OID),
        (c"last_start", oids::TEXTOID),
    ]) };
    static CONSISTENCY: RowType = const { RowType::new(&[
        (c"size", oids::INT8OID),
        (c"proof", oids::BYTEAARRAYOID),
    ]) };
}

/// `phone_crypt_audit_checkpoint()`: has all that waits written and a checkpoint signed, and gives the newest one. On a standby,
/// and where nothing can be signed, it is the newest there is.
///
/// Errors: there is none, 55000.
#[pg_extern(volatile, parallel_unsafe)]
fn phone_crypt_audit_checkpoint() -> Answer<TextOut> {
    if queue::is_there() {
        write_by_worker();
    } else if transaction::may_write() {
        write_here()?;
    }
    Ok(TextOut::new(&proofs::newest_checkpoint()?)?)
}

/// How often the worker is asked, since a table that is locked for a moment makes it give up.
const TRIES: usize = 5;

/// Where all of it fails, the newest checkpoint is an older one: its size says so.
fn write_by_worker() {
    for _ in 0..TRIES {
        if run_and_wait(&[&WriteLog]) != Err(NotRun::Failed) {
            return;
        }
    }
}

/// Without a worker: in this transaction.
fn write_here() -> Result<()> {
    let last: Written = loop {
        let written = current::write_waiting()?;
        if written.count < BATCH {
            break written;
        }
    };
    if last.size != last.signed_size {
        sign::sign()?;
    }
    Ok(())
}

/// `audit_inclusion_proof(seq[, size])`: the proof that record `seq` is in the tree of the newest checkpoint, or of the first
/// `size` records (RFC 6962 §2.1.1).
///
/// Errors: NULL seq, 22004; no such record or size, 22023; no checkpoint, 55000; missing hashes, XX001.
#[pg_extern(sql = r#"
CREATE FUNCTION audit_inclusion_proof(
    seq bigint, size bigint DEFAULT NULL, OUT tree_size bigint, OUT leaf_hash bytea, OUT proof bytea[]
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn audit_inclusion_proof(seq: Option<i64>, size: Option<i64>) -> Answer<Record> {
    let seq = unsigned(given(seq, "seq")?, "seq")?;
    let size = size.map(|size| unsigned(size, "size")).transpose()?;
    let proof = proofs::inclusion(seq, size)?;
    let leaf = proof.leaf.map(|leaf| leaf.to_vec());
    let values = [size_of(&proof), leaf.into_datum(), hashes(&proof.hashes)];
    Ok(PROOF.with(|row| row.row(&values)))
}

/// `audit_consistency_proof(old_size[, size])`: the proof that the tree of the first `old_size` records is the beginning of that
/// of the newest checkpoint, or of the first `size` records (RFC 6962 §2.1.2).
///
/// Errors: as `audit_inclusion_proof`.
#[pg_extern(sql = r#"
CREATE FUNCTION audit_consistency_proof(
    old_size bigint, size bigint DEFAULT NULL, OUT tree_size bigint, OUT proof bytea[]
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn audit_consistency_proof(old_size: Option<i64>, size: Option<i64>) -> Answer<Record> {
    let old_size = unsigned(given(old_size, "old_size")?, "old_size")?;
    let size = size.map(|size| unsigned(size, "size")).transpose()?;
    let proof = proofs::consistency(old_size, size)?;
    let values = [size_of(&proof), hashes(&proof.hashes)];
    Ok(CONSISTENCY.with(|row| row.row(&values)))
}

/// `phone_crypt_audit_verify([checkpoint])`: verifies the log: every record against its hash, the hashes against the tree, the
/// tree against every stored checkpoint, and against the one given, which was kept elsewhere. Gives the first broken place, and
/// the last start on record, which says where the log has been written since.
///
/// Errors: the text is no checkpoint, 22023; no log, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION phone_crypt_audit_verify(
    checkpoint text DEFAULT NULL,
    OUT intact boolean, OUT problem text, OUT seq bigint, OUT records bigint, OUT dropped bigint, OUT last_start text
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn phone_crypt_audit_verify(checkpoint: Option<Text<'_>>) -> Answer<Record> {
    let checkpoint = optional(checkpoint)?;
    let verdict = verify(checkpoint.as_deref())?;
    let number = |number: u64| number.cast_signed();
    let values = [
        verdict.problem.is_none().into_datum(),
        verdict.problem.map(Problem::as_str).into_datum(),
        verdict.seq.map(number).into_datum(),
        number(verdict.records).into_datum(),
        number(verdict.dropped).into_datum(),
        verdict.start.into_datum(),
    ];
    Ok(VERDICT.with(|row| row.row(&values)))
}

fn unsigned(number: i64, name: &'static str) -> Result<u64> {
    u64::try_from(number).map_err(|_| Error::OutOfRange(name, 0, i64::MAX.cast_unsigned()))
}

fn size_of(proof: &Proof) -> Option<crate::pg::Datum> {
    proof.size.cast_signed().into_datum()
}

fn hashes(hashes: &[Hash]) -> Option<crate::pg::Datum> {
    arrays::byteas(hashes.iter().map(<[u8; 32]>::as_slice))
}
