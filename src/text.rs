//! Text arguments and results, in whatever encoding the database has.
//!
//! The stored formats are defined over UTF-8, so arguments are converted to it and results from it.
//! pgrx's own `&str` panics on a database in another encoding, which is why these types exist.

use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::nullable::Nullable;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{FromDatum, pg_sys};
use std::borrow::Cow;
use std::ops::Deref;

use crate::error::{Error, Result};

/// A `text` argument as UTF-8.
pub struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl FromDatum for Text<'_> {
    unsafe fn from_polymorphic_datum(
        datum: pg_sys::Datum,
        is_null: bool,
        _type_oid: pg_sys::Oid,
    ) -> Option<Self> {
        if is_null {
            return None;
        }
        // SAFETY: the function is declared to take text, so the datum points to a varlena; what
        // detoasting returns lives as long as the call's memory context.
        let bytes = unsafe {
            let varlena = pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr());
            pgrx::varlena_to_byte_slice(varlena)
        };
        match to_utf8(bytes) {
            Ok(text) => Some(Text(text)),
            Err(error) => raise(error),
        }
    }
}

/// Raises an error where a signature leaves no room for a `Result`.
fn raise(error: Error) -> ! {
    pg_sys::panic::ErrorReport::from(error).report(pgrx::PgLogLevel::ERROR);
    unreachable!("an ERROR does not return")
}

fn to_utf8(bytes: &[u8]) -> Result<Cow<'_, str>> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && (text.is_ascii() || is_utf8_database())
    {
        return Ok(Cow::Borrowed(text));
    }
    let converted = convert(bytes, database_encoding(), pg_sys::pg_enc::PG_UTF8 as i32);
    String::from_utf8(converted)
        .map(Cow::Owned)
        .map_err(|_| Error::NotUtf8)
}

fn database_encoding() -> i32 {
    // SAFETY: reads a value that is fixed once the backend is connected to its database.
    unsafe { pg_sys::GetDatabaseEncoding() }
}

fn is_utf8_database() -> bool {
    database_encoding() == pg_sys::pg_enc::PG_UTF8 as i32
}

/// Converts between encodings; PostgreSQL raises 22P05 or 22021 itself where it cannot.
fn convert(bytes: &[u8], from: i32, to: i32) -> Vec<u8> {
    // SAFETY: source and length describe `bytes`; the result is either the source itself or a
    // NUL-terminated palloc'd string.
    unsafe {
        let source = bytes.as_ptr().cast_mut();
        let result = pg_sys::pg_do_encoding_conversion(source, bytes.len() as i32, from, to);
        if result.cast_const() == bytes.as_ptr() {
            bytes.to_vec()
        } else {
            std::ffi::CStr::from_ptr(result.cast()).to_bytes().to_vec()
        }
    }
}

// SAFETY: unboxes through FromDatum, which checks for NULL.
unsafe impl<'fcx> ArgAbi<'fcx> for Text<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: pgrx calls this for non-null arguments of the declared type only.
        match unsafe { arg.unbox_arg_using_from_datum() } {
            Some(text) => text,
            None => raise(Error::NullArgument("argument")),
        }
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: the argument is of the declared type, text.
        unsafe { arg.unbox_arg_using_from_datum().into() }
    }
}

// SAFETY: the SQL type is text, which is what FromDatum above expects.
unsafe impl SqlTranslatable for Text<'_> {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Text<'_>);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("text"));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("text")));
}

/// A `text` result, already in the memory of the call.
pub struct TextOut(pg_sys::Datum);

impl TextOut {
    /// UTF-8 text, converted to the database's encoding.
    ///
    /// Errors: a NUL byte (22021); a character that the database's encoding lacks (22P05).
    pub fn new(text: &str) -> Result<TextOut> {
        if text.as_bytes().contains(&0) {
            return Err(Error::NulInText);
        }
        if text.is_ascii() || is_utf8_database() {
            return Ok(Self::from_bytes(text.as_bytes()));
        }
        let utf8 = pg_sys::pg_enc::PG_UTF8 as i32;
        Ok(Self::from_bytes(&convert(
            text.as_bytes(),
            utf8,
            database_encoding(),
        )))
    }

    /// Text that is ASCII without NUL by construction (E.164, hexadecimal digits).
    pub fn ascii(text: &[u8]) -> TextOut {
        debug_assert!(text.is_ascii() && !text.contains(&0));
        Self::from_bytes(text)
    }

    fn from_bytes(bytes: &[u8]) -> TextOut {
        // SAFETY: copies the bytes into a palloc'd varlena.
        let varlena =
            unsafe { pg_sys::cstring_to_text_with_len(bytes.as_ptr().cast(), bytes.len() as i32) };
        TextOut(pg_sys::Datum::from(varlena))
    }
}

// SAFETY: the datum is a text varlena in the call's memory context.
unsafe impl BoxRet for TextOut {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: the datum is of the declared type and is returned to PostgreSQL at once.
        unsafe { fcinfo.return_raw_datum(self.0) }
    }
}

// SAFETY: the SQL type is text, which is what the datum points to.
unsafe impl SqlTranslatable for TextOut {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(TextOut);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("text"));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("text")));
}
