//! A row that is being written, as its BEFORE trigger sees it.

use pgrx::{FromDatum, pg_sys};
use std::ffi::{CStr, CString};

use crate::error::{Error, Result};
use crate::pg::table_row::{attribute, check_type, is_one_of};
use crate::pg::text::{Text, in_database_encoding};
pub use crate::pg::trigger_rows::{StoredRow, TriggerRows, Version};

/// Where a column stands in its table, and of what type it is.
#[derive(Debug, Clone)]
pub struct Place {
    name: CString,
    number: i32,
    kind: pg_sys::Oid,
    type_modifier: i32,
}

/// What columns of text are of; a domain counts as what is below it. All of these are stored alike.
const TEXTS: [pg_sys::Oid; 3] = [pg_sys::TEXTOID, pg_sys::VARCHAROID, pg_sys::BPCHAROID];

/// What a context column is of: whatever the session's settings, the same value is the same text.
const CONTEXTS: [pg_sys::Oid; 6] = [
    pg_sys::TEXTOID,
    pg_sys::VARCHAROID,
    pg_sys::INT2OID,
    pg_sys::INT4OID,
    pg_sys::INT8OID,
    pg_sys::UUIDOID,
];

impl TriggerRows {
    /// The only argument that the trigger was created with.
    pub fn only_argument(&self) -> Option<String> {
        let argument = self.argument(0).filter(|_| self.argument_count() == 1)?;
        Text::of(argument)
            .exact()
            .ok()
            .map(|text| text.into_owned())
    }

    /// Where a column of text stands.
    ///
    /// Errors: there is no such column, 55000; it is no column of text, 42804.
    pub fn text_place(&self, name: &str) -> Result<Place> {
        self.place(name, &TEXTS)
    }

    /// Where a context column stands.
    ///
    /// Errors: there is no such column, 55000; it is of a type that cannot be a context, 42804.
    pub fn context_place(&self, name: &str) -> Result<Place> {
        self.place(name, &CONTEXTS)
    }

    fn place(&self, name: &str, types: &[pg_sys::Oid]) -> Result<Place> {
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
            if !is_one_of((*attribute).atttypid, types) {
                return Err(Error::ColumnType(name.to_owned()));
            }
            Ok(Place {
                name: c_name,
                number,
                kind: (*attribute).atttypid,
                type_modifier: (*attribute).atttypmod,
            })
        }
    }

    /// Whether the column still stands there, and is of the type that it was of.
    pub fn is_at(&self, place: &Place) -> bool {
        // SAFETY: the number is looked at only where the descriptor has so many.
        unsafe {
            if (*self.descriptor()).natts < place.number {
                return false;
            }
            let attribute = attribute(self.descriptor(), place.number - 1);
            !(*attribute).attisdropped
                && (*attribute).atttypid == place.kind
                && (*attribute).atttypmod == place.type_modifier
                && CStr::from_ptr((*attribute).attname.data.as_ptr()) == place.name.as_c_str()
        }
    }

    /// A column's text. Raises 42804 where it is no column of text.
    pub fn text(&self, version: Version, place: &Place) -> Option<Text<'_>> {
        let (datum, is_null, kind) = self.datum(version, place)?;
        check_type(kind, &TEXTS);
        // SAFETY: the column's type is one of text. What is read lives as long as the call.
        unsafe { Text::from_datum(datum, is_null) }
    }

    /// A context column's value as text. Raises 42804 where it is of a type that cannot be a context.
    pub fn as_text(&self, version: Version, place: &Place) -> Option<String> {
        let (datum, is_null, kind) = self.datum(version, place)?;
        check_type(kind, &CONTEXTS);
        if is_null {
            return None;
        }
        // SAFETY: the output function of the column's own type gives a text that ends in NUL.
        unsafe {
            let mut output = pg_sys::InvalidOid;
            let mut is_varlena = false;
            pg_sys::getTypeOutputInfo(kind, &mut output, &mut is_varlena);
            let text = CStr::from_ptr(pg_sys::OidOutputFunctionCall(output, datum));
            Text::of(text.to_bytes())
                .exact()
                .ok()
                .map(|text| text.into_owned())
        }
    }

    /// A column's value, whether it is NULL, and its type as the table has it now.
    fn datum(&self, version: Version, place: &Place) -> Option<(pg_sys::Datum, bool, pg_sys::Oid)> {
        let tuple = self.tuple(version)?;
        let mut is_null = false;
        // SAFETY: the tuple is of the relation whose descriptor this is; the number is looked at only where it has so
        // many.
        unsafe {
            let descriptor = self.descriptor();
            if (*descriptor).natts < place.number {
                return None;
            }
            let kind = (*attribute(descriptor, place.number - 1)).atttypid;
            let datum = pg_sys::heap_getattr(tuple, place.number, descriptor, &mut is_null);
            Some((datum, is_null, kind))
        }
    }

    /// The row as it is to be, with these columns of text changed. None makes a column NULL.
    pub fn changed(&self, changes: &[(&Place, Option<pg_sys::Datum>)]) -> StoredRow {
        let Some(tuple) = self.tuple(Version::New) else {
            return StoredRow::none();
        };
        for (place, _) in changes {
            // SAFETY: the places were found in this descriptor, or held against it, in this call.
            check_type(
                unsafe { (*attribute(self.descriptor(), place.number - 1)).atttypid },
                &TEXTS,
            );
        }
        if changes.is_empty() {
            return self.unchanged();
        }
        let mut numbers: Vec<i32> = changes.iter().map(|(place, _)| place.number).collect();
        let mut values: Vec<pg_sys::Datum> = changes
            .iter()
            .map(|(_, value)| value.unwrap_or(pg_sys::Datum::null()))
            .collect();
        let mut nulls: Vec<bool> = changes.iter().map(|(_, value)| value.is_none()).collect();
        // SAFETY: as many numbers, values and nulls as said; the numbers are of the relation's columns.
        unsafe {
            StoredRow::of(pg_sys::heap_modify_tuple_by_cols(
                tuple,
                self.descriptor(),
                changes.len() as i32,
                numbers.as_mut_ptr(),
                values.as_mut_ptr(),
                nulls.as_mut_ptr(),
            ))
        }
    }
}

impl Place {
    /// The column's name, in the database's encoding.
    pub fn name(&self) -> &[u8] {
        self.name.to_bytes()
    }

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
