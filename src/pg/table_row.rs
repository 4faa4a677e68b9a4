//! A row of one of our own tables, or of a query's result. A column becomes a Rust value only after a look at its
//! type: owners change the types of their columns, and whoever read a number as an address would read any memory.

use pgrx::datum::Interval;
use pgrx::{AnyNumeric, Array, FromDatum, PgSqlErrorCode, ereport, pg_sys};

use crate::pg::inet::Address;
use crate::pg::text::Text;

/// A Rust type, and the types of columns that it can be read from.
///
/// # Safety
/// `FromDatum` of the type must take a value of each of `TYPES`.
pub unsafe trait Readable: FromDatum {
    /// The types; a domain counts as what is below it.
    const TYPES: &'static [pg_sys::Oid];
}

macro_rules! readable {
    ($($rust:ty: $($oid:ident),+;)+) => {$(
        // SAFETY: these types are all stored as `FromDatum` of the Rust type expects.
        unsafe impl Readable for $rust {
            const TYPES: &'static [pg_sys::Oid] = &[$(pg_sys::$oid),+];
        }
    )+};
}

readable! {
    bool: BOOLOID;
    i16: INT2OID;
    i32: INT4OID;
    // Both timestamps are 64-bit integers: microseconds since 2000; and so is a time: since midnight.
    i64: INT8OID, TIMESTAMPTZOID, TIMESTAMPOID, TIMEOID;
    pg_sys::Oid: OIDOID, REGCLASSOID;
    pg_sys::ItemPointerData: TIDOID;
    Text<'_>: TEXTOID, VARCHAROID, BPCHAROID;
    String: TEXTOID, VARCHAROID, BPCHAROID;
    // A text's bytes.
    Vec<u8>: TEXTOID, VARCHAROID, BPCHAROID, BYTEAOID;
    Interval: INTERVALOID;
    Vec<Interval>: INTERVALARRAYOID;
    Array<'_, Address>: CIDRARRAYOID, INETARRAYOID;
    Array<'_, Text<'_>>: TEXTARRAYOID;
    Address: INETOID, CIDROID;
    AnyNumeric: NUMERICOID;
}

/// A value that was copied out of a row, in the memory of the call.
#[derive(Clone, Copy)]
pub struct Copied {
    datum: pg_sys::Datum,
}

impl Copied {
    /// The value.
    pub fn datum(self) -> pg_sys::Datum {
        self.datum
    }
}

/// A row, while it is being read.
pub struct TableRow {
    tuple: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
}

impl TableRow {
    /// # Safety
    /// The tuple must be of that descriptor, and both stay valid while the row is used.
    pub unsafe fn of(tuple: pg_sys::HeapTuple, descriptor: pg_sys::TupleDesc) -> TableRow {
        TableRow { tuple, descriptor }
    }

    /// The type of the column with this number, counted from 1; `None` where there is none, or none any more.
    pub fn type_of(&self, number: i32) -> Option<pg_sys::Oid> {
        // SAFETY: the descriptor is valid for as long as the row; the number is one of its.
        let found = unsafe {
            let is_there = number >= 1 && number <= (*self.descriptor).natts;
            is_there.then(|| pg_sys::SPI_gettypeid(self.descriptor, number))
        };
        // A dropped column has no type.
        found.filter(|found| *found != pg_sys::InvalidOid)
    }

    /// The column with this number, counted from 1; `None` where it is NULL, or there is none. What is given is a
    /// copy. Raises 42804 where the column is of another type.
    pub fn get<T: Readable>(&self, number: i32) -> Option<T> {
        // SAFETY: the tuple is valid for as long as the row, which the scan lends out; the number is one of the
        // descriptor's; the column's type has just been found to be one that T is read from.
        unsafe {
            if number < 1 || number > (*self.descriptor).natts {
                return None;
            }
            check_type((*attribute(self.descriptor, number - 1)).atttypid, T::TYPES);
            let mut is_null = false;
            let datum = pg_sys::heap_getattr(self.tuple, number, self.descriptor, &mut is_null);
            T::from_datum(datum, is_null)
        }
    }

    /// As [`TableRow::get`] for a type whose oid is not known beforehand.
    ///
    /// # Safety
    /// `FromDatum` of the type must take a value of the type that [`TableRow::type_of`] gives.
    pub unsafe fn get_unchecked<T: FromDatum>(&self, number: i32) -> Option<T> {
        self.type_of(number)?;
        let mut is_null = false;
        // SAFETY: the tuple is valid for as long as the row; there is such a column, of the type that the caller says.
        unsafe {
            let datum = pg_sys::heap_getattr(self.tuple, number, self.descriptor, &mut is_null);
            T::from_datum(datum, is_null)
        }
    }

    /// The column with this number as it is stored, copied into the memory of the call; `None` where it is NULL, or there is
    /// none. For texts and arrays of them. Raises 42804 where the column is of another type.
    pub fn copied(&self, number: i32) -> Option<Copied> {
        let kind = self.type_of(number)?;
        check_type(kind, &[pg_sys::TEXTOID, pg_sys::TEXTARRAYOID]);
        let mut is_null = false;
        // SAFETY: the tuple is valid for as long as the row; there is such a column, of a type that is a varlena.
        unsafe {
            let datum = pg_sys::heap_getattr(self.tuple, number, self.descriptor, &mut is_null);
            (!is_null).then(|| Copied {
                datum: pg_sys::pg_detoast_datum_copy(datum.cast_mut_ptr()).into(),
            })
        }
    }

    /// The column with this number as it is stored, valid as long as the row; `None` where it is NULL, there is none, or it is
    /// of a type that holds no texts.
    pub fn stored_text(&self, number: i32) -> Option<pg_sys::Datum> {
        let kind = self.type_of(number)?;
        if !is_one_of(kind, Text::TYPES) {
            return None;
        }
        let mut is_null = false;
        // SAFETY: the tuple is valid for as long as the row; there is such a column.
        unsafe {
            let datum = pg_sys::heap_getattr(self.tuple, number, self.descriptor, &mut is_null);
            (!is_null).then_some(datum)
        }
    }

    /// As [`TableRow::get`] for a text, whatever encoding the database has.
    pub fn string(&self, number: i32) -> Option<String> {
        let text: Text<'_> = self.get(number)?;
        Some(text.exact().ok()?.into_owned())
    }
}

/// Whether a type, or what is below it if it is a domain, is one of these.
pub fn is_one_of(kind: pg_sys::Oid, types: &[pg_sys::Oid]) -> bool {
    // A dropped column has no type.
    kind != pg_sys::InvalidOid
        && (types.contains(&kind)
            // SAFETY: a look into the catalogue's cache.
            || types.contains(&unsafe { pg_sys::getBaseType(kind) }))
}

/// Raises 42804 unless [`is_one_of`].
pub fn check_type(kind: pg_sys::Oid, types: &[pg_sys::Oid]) {
    if !is_one_of(kind, types) {
        ereport!(
            ERROR,
            PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH,
            "phone_crypt: a column has another type than expected"
        );
    }
}

/// # Safety
/// The descriptor must have the attribute with this index, counted from 0.
pub unsafe fn attribute(
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
