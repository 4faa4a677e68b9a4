//! The rows of a row-level BEFORE trigger, as PostgreSQL brings them.

use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pg_sys;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{PgSqlErrorCode, ereport};
use std::ffi::CStr;

use super::raw_function::varlena_bytes;
use super::table_row::attribute;
use super::{Oid, text};

/// What a trigger gives back: for one that is BEFORE, the row to be stored.
pub struct StoredRow(pg_sys::HeapTuple);

impl StoredRow {
    /// For a trigger whose answer does not matter.
    pub fn none() -> StoredRow {
        StoredRow(std::ptr::null_mut())
    }
}

/// The table that a trigger was called for; None where the function was called as something else.
pub fn table_of_trigger(fcinfo: pg_sys::FunctionCallInfo) -> Option<pg_sys::Oid> {
    let data = trigger_data(fcinfo)?;
    // SAFETY: PostgreSQL keeps the relation open for the length of the call.
    Some(unsafe { (*(*data).tg_relation).rd_id })
}

fn trigger_data(fcinfo: pg_sys::FunctionCallInfo) -> Option<*mut pg_sys::TriggerData> {
    // SAFETY: PostgreSQL passes a valid call; the context of a trigger's call is its TriggerData.
    unsafe {
        let context = (*fcinfo).context;
        let is_trigger = !context.is_null() && (*context).type_ == pg_sys::NodeTag::T_TriggerData;
        is_trigger.then_some(context.cast())
    }
}

// SAFETY: a trigger's result is the address of a row, or of none.
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
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("trigger"));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("trigger")));
}

/// The rows of a trigger's call.
pub struct TriggerRows {
    data: *mut pg_sys::TriggerData,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// As it was; for an INSERT there is none.
    Old,
    /// As it is to be.
    New,
}

impl TriggerRows {
    /// The rows of a call that is one of a row-level BEFORE INSERT OR UPDATE trigger; None of any other.
    pub fn of(fcinfo: pg_sys::FunctionCallInfo) -> Option<TriggerRows> {
        let data = trigger_data(fcinfo)?;
        // SAFETY: PostgreSQL's data stays valid for the length of the call.
        unsafe {
            let event = (*data).tg_event;
            let wanted = pg_sys::TRIGGER_EVENT_BEFORE | pg_sys::TRIGGER_EVENT_ROW;
            let mask = pg_sys::TRIGGER_EVENT_TIMINGMASK | pg_sys::TRIGGER_EVENT_ROW;
            let operation = event & pg_sys::TRIGGER_EVENT_OPMASK;
            let writes = operation == pg_sys::TRIGGER_EVENT_INSERT
                || operation == pg_sys::TRIGGER_EVENT_UPDATE;
            (event & mask == wanted && writes).then_some(TriggerRows { data })
        }
    }

    /// Whether a row is updated; else one is inserted.
    pub fn is_update(&self) -> bool {
        // SAFETY: PostgreSQL's data stays valid for the length of the call.
        let event = unsafe { (*self.data).tg_event };
        event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_UPDATE
    }

    /// Whether the statement gives this column a value: every one in an INSERT, those after SET in an UPDATE.
    pub fn is_assigned(&self, number: i32) -> bool {
        if !self.is_update() {
            return true;
        }
        // SAFETY: PostgreSQL's set of columns stays valid for the length of the call; a null pointer is the empty set.
        unsafe {
            let bit = number - pg_sys::FirstLowInvalidHeapAttributeNumber;
            pg_sys::bms_is_member(bit, (*self.data).tg_updatedcols)
        }
    }

    /// The row itself.
    pub fn tuple(&self, version: Version) -> Option<pg_sys::HeapTuple> {
        // SAFETY: PostgreSQL's data stays valid for the length of the call.
        unsafe {
            match (version, self.is_update()) {
                (Version::New, true) => Some((*self.data).tg_newtuple),
                (Version::New, false) | (Version::Old, true) => Some((*self.data).tg_trigtuple),
                (Version::Old, false) => None,
            }
        }
    }

    /// The table's descriptor.
    pub fn descriptor(&self) -> pg_sys::TupleDesc {
        // SAFETY: PostgreSQL keeps the relation open for the length of the call.
        unsafe { (*(*self.data).tg_relation).rd_att }
    }

    /// An argument that the trigger was created with, counted from 0.
    pub fn argument(&self, number: i16) -> Option<&[u8]> {
        // SAFETY: PostgreSQL's data stays valid for the length of the call.
        unsafe { argument_of((*self.data).tg_trigger, number) }
    }

    /// The two columns of the trigger beside this one that has the same function and first argument, and is of
    /// `UPDATE OF` two columns. Unlike names in arguments, these follow when a column is renamed.
    pub fn columns_beside(&self) -> Option<(i32, i32)> {
        // SAFETY: PostgreSQL keeps the relation open, and its triggers as they are, for the length of the call. A trigger
        // has as many columns as it says.
        unsafe {
            let own = (*self.data).tg_trigger;
            let all = (*(*self.data).tg_relation).trigdesc;
            if all.is_null() {
                return None;
            }
            let triggers = std::slice::from_raw_parts((*all).triggers, (*all).numtriggers as usize);
            let beside = triggers.iter().find(|it| {
                it.tgfoid == (*own).tgfoid
                    && it.tgnattr == 2
                    && argument_of(*it, 0) == argument_of(own, 0)
            })?;
            let number = |index| i32::from(*beside.tgattr.add(index));
            Some((number(0), number(1)))
        }
    }

    /// The type of the column with this number, counted from 1; None where there is none.
    pub fn type_of(&self, number: i32) -> Option<Oid> {
        // SAFETY: the descriptor has as many columns as it says.
        unsafe {
            let descriptor = self.descriptor();
            if number < 1 || number > (*descriptor).natts {
                return None;
            }
            let attribute = attribute(descriptor, number - 1);
            (!(*attribute).attisdropped).then(|| (*attribute).atttypid)
        }
    }

    /// Raises 42804 unless the column is of a type whose values are bytes of any number.
    fn check_has_bytes(&self, number: i32) {
        let has_bytes = self.type_of(number).is_some_and(|_| {
            // SAFETY: type_of has found the column.
            unsafe { (*attribute(self.descriptor(), number - 1)).attlen == -1 }
        });
        if !has_bytes {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH,
                "phone_crypt: a column has another type than expected"
            );
        }
    }

    /// The bytes of a column; None where it is NULL, or there is no such row.
    pub fn bytes(&self, version: Version, number: i32) -> Option<&[u8]> {
        self.check_has_bytes(number);
        let tuple = self.tuple(version)?;
        let mut is_null = false;
        // SAFETY: the tuple is of the relation whose descriptor this is, and the column's values are varlenas.
        unsafe {
            let datum = pg_sys::heap_getattr(tuple, number, self.descriptor(), &mut is_null);
            (!is_null).then(|| varlena_bytes(datum))
        }
    }

    /// The row as it is to be.
    pub fn unchanged(&self) -> StoredRow {
        self.tuple(Version::New)
            .map_or_else(StoredRow::none, StoredRow)
    }

    /// The row as it is to be, with the bytes of a column changed. None makes it NULL.
    pub fn with_bytes(&self, number: i32, bytes: Option<&[u8]>) -> StoredRow {
        self.check_has_bytes(number);
        let Some(tuple) = self.tuple(Version::New) else {
            return StoredRow::none();
        };
        let mut values = [bytes.map_or(pg_sys::Datum::null(), text::varlena)];
        let (mut numbers, mut nulls) = ([number], [bytes.is_none()]);
        // SAFETY: one number, value and null; the column is one of the relation's, and of varlenas.
        StoredRow(unsafe {
            pg_sys::heap_modify_tuple_by_cols(
                tuple,
                self.descriptor(),
                1,
                numbers.as_mut_ptr(),
                values.as_mut_ptr(),
                nulls.as_mut_ptr(),
            )
        })
    }
}

/// # Safety
/// The trigger must be one of an open relation.
unsafe fn argument_of<'a>(trigger: *const pg_sys::Trigger, number: i16) -> Option<&'a [u8]> {
    // SAFETY: a trigger has as many arguments, texts that end in NUL, as it says.
    unsafe {
        let is_there = number >= 0 && number < (*trigger).tgnargs;
        is_there.then(|| CStr::from_ptr(*(*trigger).tgargs.add(number as usize)).to_bytes())
    }
}
