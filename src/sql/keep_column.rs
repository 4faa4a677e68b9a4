//! The trigger function of encrypted columns.

use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{pg_extern, pg_sys};

use crate::columns::keep;
use crate::columns::row::TriggerRows;
use crate::error::{Answer, Error};

/// What a BEFORE trigger gives back: the row to be stored.
struct StoredRow(pg_sys::HeapTuple);

// SAFETY: a trigger's result is the address of a row, which is not NULL.
unsafe impl BoxRet for StoredRow {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: the row is in the call's memory context, or PostgreSQL's own.
        unsafe { fcinfo.return_raw_datum(pg_sys::Datum::from(self.0)) }
    }
}

// SAFETY: the SQL type is trigger, which only PostgreSQL itself calls.
unsafe impl SqlTranslatable for StoredRow {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(StoredRow);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("trigger"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("trigger")));
}

/// `phone_crypt.keep_column('column')`: BEFORE INSERT OR UPDATE trigger of a registered column. Keeps plain text,
/// encrypted value, hash and original in step, and the hash under the registry's key and scheme.
///
/// Errors: not registered, no key, or a key that is not configured, 55000; an encrypted value that does not open
/// under the row's context, 22000.
#[pg_extern(sql = r#"
CREATE FUNCTION phone_crypt.keep_column() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn keep_column(fcinfo: pg_sys::FunctionCallInfo) -> Answer<StoredRow> {
    let rows = TriggerRows::of(fcinfo).ok_or(Error::NotRegistered)?;
    Ok(StoredRow(keep::kept_row(&rows)?))
}
