//! Rows that a function with OUT parameters answers with. pgrx's own ways of returning one take 1 to 3 µs; this one makes
//! the tuple itself, from a descriptor that is kept for the backend's life.

use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pg_sys;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use std::cell::Cell;
use std::ffi::CStr;

/// The most columns that a row may have.
const MOST_COLUMNS: usize = 16;

/// The OUT parameters of a function, in their order.
pub struct RowType {
    columns: &'static [(&'static CStr, pg_sys::Oid)],
    descriptor: Cell<pg_sys::TupleDesc>,
}

/// A row, in the memory of the call.
pub struct Record(pg_sys::Datum);

impl RowType {
    /// Columns of these names and types, `MOST_COLUMNS` at the most.
    pub const fn new(columns: &'static [(&'static CStr, pg_sys::Oid)]) -> RowType {
        assert!(columns.len() <= MOST_COLUMNS);
        RowType {
            columns,
            descriptor: Cell::new(std::ptr::null_mut()),
        }
    }

    /// A row of these values (`None` is NULL), each of its column's type. Those that are missing are NULL.
    pub fn row(&self, values: &[Option<pg_sys::Datum>]) -> Record {
        let mut datums = [pg_sys::Datum::null(); MOST_COLUMNS];
        let mut nulls = [true; MOST_COLUMNS];
        let columns = datums.iter_mut().zip(&mut nulls);
        for ((datum, is_null), value) in columns.zip(values) {
            *is_null = value.is_none();
            *datum = value.unwrap_or(pg_sys::Datum::null());
        }
        // SAFETY: at least as many values and nulls as the descriptor has columns; the tuple copies what they point to.
        unsafe {
            let tuple =
                pg_sys::heap_form_tuple(self.descriptor(), datums.as_mut_ptr(), nulls.as_mut_ptr());
            // What the values point to was made by the function itself, so that there is nothing to detoast in it.
            Record(pg_sys::Datum::from((*tuple).t_data))
        }
    }

    /// The descriptor, made once, in memory that stays.
    fn descriptor(&self) -> pg_sys::TupleDesc {
        if self.descriptor.get().is_null() {
            // SAFETY: the context is switched back; names are NUL-terminated and copied; as many entries as columns.
            let descriptor = unsafe {
                let before = pg_sys::MemoryContextSwitchTo(pg_sys::TopMemoryContext);
                let descriptor = pg_sys::CreateTemplateTupleDesc(self.columns.len() as i32);
                for (index, (name, type_oid)) in self.columns.iter().enumerate() {
                    let number = index as pg_sys::AttrNumber + 1;
                    pg_sys::TupleDescInitEntry(descriptor, number, name.as_ptr(), *type_oid, -1, 0);
                }
                let blessed = pg_sys::BlessTupleDesc(descriptor);
                pg_sys::MemoryContextSwitchTo(before);
                blessed
            };
            self.descriptor.set(descriptor);
        }
        self.descriptor.get()
    }
}

// SAFETY: the datum is a composite in the call's memory context.
unsafe impl BoxRet for Record {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
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
