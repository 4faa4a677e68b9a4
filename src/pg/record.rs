//! Rows that functions answer with.
//!
//! pgrx's own ways of returning a row take 1 to 3 µs. This one makes the tuple itself, from a descriptor that is kept for
//! the backend's life.

use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum as ReturnedDatum;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{IntoDatum, pg_sys};
use std::cell::Cell;
use std::ffi::CStr;

use super::interval::interval;
use super::table_row::{Copied, check_type};
use super::{Datum, Oid, TimestampTz, text};

/// The columns of a function's OUT parameters, in their order. Lives in a `thread_local!`.
pub struct RecordType<const COLUMNS: usize> {
    columns: [(&'static CStr, Oid); COLUMNS],
    descriptor: Cell<pg_sys::TupleDesc>,
}

impl<const COLUMNS: usize> RecordType<COLUMNS> {
    /// Columns of these names and types.
    pub const fn new(columns: [(&'static CStr, Oid); COLUMNS]) -> RecordType<COLUMNS> {
        RecordType {
            columns,
            descriptor: Cell::new(std::ptr::null_mut()),
        }
    }

    /// A row in the memory of the call. `None` is NULL. Raises 42804 for a value that is not of its column's type.
    pub fn row(&self, values: [Option<Value<'_>>; COLUMNS]) -> Record {
        let mut nulls = values.each_ref().map(Option::is_none);
        for (value, (_, kind)) in values.iter().zip(self.columns) {
            if let Some(value) = value {
                check_type(value.kind(), &[kind]);
            }
        }
        let mut values = values.map(|value| value.map_or(Datum::null(), Value::into_datum));
        // SAFETY: as many values and nulls as the descriptor has columns, of their types; the tuple copies what they point
        // to, and is whole, so that there is nothing to detoast in it.
        unsafe {
            let descriptor = self.descriptor();
            let tuple =
                pg_sys::heap_form_tuple(descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
            Record(Datum::from((*tuple).t_data))
        }
    }

    fn descriptor(&self) -> pg_sys::TupleDesc {
        if self.descriptor.get().is_null() {
            // SAFETY: made in memory that stays, with as many entries as columns. The context is switched back; names are
            // NUL-terminated and copied.
            unsafe {
                let before = pg_sys::MemoryContextSwitchTo(pg_sys::TopMemoryContext);
                let descriptor = pg_sys::CreateTemplateTupleDesc(COLUMNS as i32);
                for (index, (name, type_oid)) in self.columns.iter().enumerate() {
                    let number = index as pg_sys::AttrNumber + 1;
                    pg_sys::TupleDescInitEntry(descriptor, number, name.as_ptr(), *type_oid, -1, 0);
                }
                self.descriptor.set(pg_sys::BlessTupleDesc(descriptor));
                pg_sys::MemoryContextSwitchTo(before);
            }
        }
        self.descriptor.get()
    }
}

/// A value of a row.
pub enum Value<'a> {
    /// A boolean.
    Bool(bool),
    /// A text, in the database's own encoding.
    Text(&'a [u8]),
    /// A timestamp with time zone.
    Time(TimestampTz),
    /// An interval, in microseconds.
    Interval(i64),
    /// A column of another row.
    Copied(Copied),
}

impl Value<'_> {
    fn kind(&self) -> Oid {
        match self {
            Value::Bool(_) => pg_sys::BOOLOID,
            Value::Text(_) => pg_sys::TEXTOID,
            Value::Time(_) => pg_sys::TIMESTAMPTZOID,
            Value::Interval(_) => pg_sys::INTERVALOID,
            Value::Copied(copied) => copied.kind(),
        }
    }

    fn into_datum(self) -> Datum {
        match self {
            Value::Bool(value) => Datum::from(value),
            Value::Text(bytes) => text::varlena(bytes),
            Value::Time(time) => Datum::from(time),
            Value::Interval(us) => interval(us).into_datum().unwrap_or(Datum::null()),
            Value::Copied(copied) => copied.datum(),
        }
    }
}

/// A row, in the memory of the call.
pub struct Record(Datum);

// SAFETY: the datum is a composite in the call's memory context.
unsafe impl BoxRet for Record {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> ReturnedDatum<'fcx> {
        // SAFETY: the datum is of the declared type and is returned to PostgreSQL at once.
        unsafe { fcinfo.return_raw_datum(self.0) }
    }
}

// SAFETY: the SQL type is a record, which is what the datum points to.
unsafe impl SqlTranslatable for Record {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Record);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("record"));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("record")));
}
