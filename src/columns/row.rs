//! A row that is being written, as its BEFORE trigger sees it.

use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{FromDatum, pg_sys};
use std::ffi::{CStr, CString};

use crate::error::{Error, Result};
use crate::text::{Text, in_database_encoding};

/// Where a column stands in its table, and of what type it is.
#[derive(Debug, Clone)]
pub struct Place {
    name: CString,
    number: i32,
    kind: pg_sys::Oid,
    type_modifier: i32,
}

/// What a BEFORE trigger gives back: the row to be stored.
pub struct StoredRow(pg_sys::HeapTuple);

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
        // SAFETY: PostgreSQL passes a valid call; the context of a trigger's call is its TriggerData.
        unsafe {
            let context = (*fcinfo).context;
            if context.is_null() || (*context).type_ != pg_sys::NodeTag::T_TriggerData {
                return None;
            }
            let data: *mut pg_sys::TriggerData = context.cast();
            let event = (*data).tg_event;
            let wanted = pg_sys::TRIGGER_EVENT_BEFORE | pg_sys::TRIGGER_EVENT_ROW;
            let mask = pg_sys::TRIGGER_EVENT_TIMINGMASK | pg_sys::TRIGGER_EVENT_ROW;
            let operation = event & pg_sys::TRIGGER_EVENT_OPMASK;
            let writes = operation == pg_sys::TRIGGER_EVENT_INSERT
                || operation == pg_sys::TRIGGER_EVENT_UPDATE;
            (event & mask == wanted && writes).then_some(TriggerRows { data })
        }
    }

    /// The table: a partition, where the row goes into one.
    pub fn table(&self) -> pg_sys::Oid {
        // SAFETY: PostgreSQL keeps the relation open for the length of the call.
        unsafe { (*(*self.data).tg_relation).rd_id }
    }

    /// The only argument that the trigger was created with.
    pub fn argument(&self) -> Option<String> {
        // SAFETY: a trigger has as many arguments, texts that end in NUL, as it says.
        unsafe {
            let trigger = (*self.data).tg_trigger;
            if (*trigger).tgnargs != 1 {
                return None;
            }
            let text = CStr::from_ptr(*(*trigger).tgargs);
            Text::of(text.to_bytes())
                .exact()
                .ok()
                .map(|text| text.into_owned())
        }
    }

    /// Where the row to be updated lies.
    pub fn old_place(&self) -> Option<pg_sys::ItemPointerData> {
        let tuple = self.tuple(Version::Old)?;
        // SAFETY: PostgreSQL's tuple stays valid for the length of the call.
        Some(unsafe { (*tuple).t_self })
    }

    fn is_update(&self) -> bool {
        // SAFETY: PostgreSQL's data stays valid for the length of the call.
        let event = unsafe { (*self.data).tg_event };
        event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_UPDATE
    }

    fn tuple(&self, version: Version) -> Option<pg_sys::HeapTuple> {
        // SAFETY: PostgreSQL's data stays valid for the length of the call.
        unsafe {
            match (version, self.is_update()) {
                (Version::New, true) => Some((*self.data).tg_newtuple),
                (Version::New, false) | (Version::Old, true) => Some((*self.data).tg_trigtuple),
                (Version::Old, false) => None,
            }
        }
    }

    fn descriptor(&self) -> pg_sys::TupleDesc {
        // SAFETY: PostgreSQL keeps the relation open for the length of the call.
        unsafe { (*(*self.data).tg_relation).rd_att }
    }

    /// Where a column stands.
    ///
    /// Errors: there is no such column, 55000.
    pub fn place(&self, name: &str) -> Result<Place> {
        let missing = || Error::ColumnMissing(name.to_owned());
        let bytes = in_database_encoding(name).ok_or_else(missing)?;
        let c_name = CString::new(bytes).map_err(|_| missing())?;
        // SAFETY: a look at the relation's descriptor, for a name that ends in NUL.
        unsafe {
            let number = pg_sys::SPI_fnumber(self.descriptor(), c_name.as_ptr());
            if number <= 0 {
                return Err(missing());
            }
            let attribute = attribute(self.descriptor(), number - 1);
            Ok(Place {
                name: c_name,
                number,
                kind: (*attribute).atttypid,
                type_modifier: (*attribute).atttypmod,
            })
        }
    }

    /// Whether the column still stands there.
    pub fn is_at(&self, place: &Place) -> bool {
        // SAFETY: the number is looked at only where the descriptor has so many.
        unsafe {
            if (*self.descriptor()).natts < place.number {
                return false;
            }
            let attribute = attribute(self.descriptor(), place.number - 1);
            !(*attribute).attisdropped
                && CStr::from_ptr((*attribute).attname.data.as_ptr()) == place.name.as_c_str()
        }
    }

    /// A column's text; its type must be one of text.
    pub fn text(&self, version: Version, place: &Place) -> Option<Text<'_>> {
        let (datum, is_null) = self.datum(version, place)?;
        // SAFETY: types of texts all have text's representation. What is read lives as long as the call.
        unsafe { Text::from_datum(datum, is_null) }
    }

    /// A column's value as text, whatever its type.
    pub fn as_text(&self, version: Version, place: &Place) -> Option<String> {
        let (datum, is_null) = self.datum(version, place)?;
        if is_null {
            return None;
        }
        // SAFETY: the output function of the column's own type gives a text that ends in NUL.
        unsafe {
            let mut output = pg_sys::InvalidOid;
            let mut is_varlena = false;
            pg_sys::getTypeOutputInfo(place.kind, &mut output, &mut is_varlena);
            let text = CStr::from_ptr(pg_sys::OidOutputFunctionCall(output, datum));
            Text::of(text.to_bytes())
                .exact()
                .ok()
                .map(|text| text.into_owned())
        }
    }

    fn datum(&self, version: Version, place: &Place) -> Option<(pg_sys::Datum, bool)> {
        let tuple = self.tuple(version)?;
        let mut is_null = false;
        // SAFETY: the tuple is of the relation that the place was looked up in.
        let datum =
            unsafe { pg_sys::heap_getattr(tuple, place.number, self.descriptor(), &mut is_null) };
        Some((datum, is_null))
    }

    /// The row as it is to be, with these columns changed. None makes a column NULL.
    pub fn changed(&self, changes: &[(&Place, Option<pg_sys::Datum>)]) -> StoredRow {
        let Some(tuple) = self.tuple(Version::New) else {
            return StoredRow(std::ptr::null_mut());
        };
        if changes.is_empty() {
            return StoredRow(tuple);
        }
        let mut numbers: Vec<i32> = changes.iter().map(|(place, _)| place.number).collect();
        let mut values: Vec<pg_sys::Datum> = changes
            .iter()
            .map(|(_, value)| value.unwrap_or(pg_sys::Datum::null()))
            .collect();
        let mut nulls: Vec<bool> = changes.iter().map(|(_, value)| value.is_none()).collect();
        // SAFETY: as many numbers, values and nulls as said; the numbers are of the relation's columns.
        StoredRow(unsafe {
            pg_sys::heap_modify_tuple_by_cols(
                tuple,
                self.descriptor(),
                changes.len() as i32,
                numbers.as_mut_ptr(),
                values.as_mut_ptr(),
                nulls.as_mut_ptr(),
            )
        })
    }
}

/// # Safety
/// The descriptor must have the attribute with this index, counted from 0.
unsafe fn attribute(
    descriptor: pg_sys::TupleDesc,
    index: i32,
) -> *mut pg_sys::FormData_pg_attribute {
    // SAFETY: as the caller says.
    unsafe {
        #[cfg(feature = "pg18")]
        return pg_sys::TupleDescAttr(descriptor, index);
        #[cfg(not(feature = "pg18"))]
        return (*descriptor).attrs.as_mut_ptr().add(index as usize);
    }
}

impl Place {
    /// Refuses a text that the column's type is too short for, and what its domain does not allow.
    ///
    /// Errors: too long, 22001; the domain's own.
    pub fn check(&self, text: Option<(pg_sys::Datum, usize)>) -> Result<()> {
        // SAFETY: reads of the type's catalogue entry; domain_check takes a value of the domain's base type.
        unsafe {
            let mut modifier = self.type_modifier;
            let base = pg_sys::getBaseTypeAndTypmod(self.kind, &mut modifier);
            let header = pg_sys::VARHDRSZ as i32;
            if let Some((_, length)) = text
                && modifier > header
                && length as i32 > modifier - header
            {
                return Err(Error::PlaintextTooNarrow);
            }
            if base != self.kind {
                let datum = text.map_or(pg_sys::Datum::null(), |(datum, _)| datum);
                pg_sys::domain_check(
                    datum,
                    text.is_none(),
                    self.kind,
                    std::ptr::null_mut(),
                    std::ptr::null_mut(),
                );
            }
        }
        Ok(())
    }
}
