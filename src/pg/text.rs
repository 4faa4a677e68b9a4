//! Text arguments and results, in whatever encoding the database has.
//!
//! The stored formats are defined over UTF-8, so arguments are converted to it and results from it.
//! pgrx's own `&str` panics on a database in another encoding, which is why these types exist.

use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::{Datum, UnboxDatum};
use pgrx::nullable::Nullable;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{FromDatum, IntoDatum, pg_sys, varatt_is_1b, varatt_is_1b_e, varatt_is_4b_u};
use std::borrow::Cow;

use super::error::{PgError, Result};
use super::unguarded::small_text;

/// A `text` argument: the bytes, which become UTF-8 when asked for.
///
/// What cannot become UTF-8 (a SQL_ASCII database holds any bytes) is judged by the function: it is no phone
/// number and no encrypted value, while elsewhere it is an error.
#[derive(Clone, Copy)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Bytes in the database's encoding.
    pub fn of(bytes: &'a [u8]) -> Text<'a> {
        Text(bytes)
    }

    /// The bytes in the database's encoding. Every such encoding has ASCII's characters in ASCII's bytes, which is
    /// all that E.164 and encrypted values are made of.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// A phone number; empty, which is none, where it is not UTF-8.
    pub fn or_empty(self) -> Cow<'a, str> {
        to_utf8(self.0).unwrap_or_default()
    }

    /// A name, for a message or a record. The names of roles are shared by databases of several encodings, so one may be
    /// no text in this one: its bytes are then written as `\xE9`, those of ASCII as they are.
    pub fn name(self) -> String {
        let escaped = |byte: &u8| match byte.is_ascii() {
            true => char::from(*byte).to_string(),
            false => format!("\\x{byte:02X}"),
        };
        match to_utf8(self.0) {
            Some(name) => name.into_owned(),
            None => self.0.iter().map(escaped).collect(),
        }
    }

    /// The text itself.
    ///
    /// Errors: not UTF-8, 22021. (PostgreSQL's own message would quote the bytes.)
    pub fn exact(self) -> Result<Cow<'a, str>> {
        to_utf8(self.0).ok_or(PgError::NotUtf8)
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
        let bytes = unsafe { pgrx::varlena_to_byte_slice(detoasted(datum.cast_mut_ptr())) };
        Some(Text(bytes))
    }
}

/// The varlena with its content inline and as it is. One that is so already, as nearly every number and value
/// is, costs no call: pgrx's guard around one takes longer than all else that is done with an argument.
///
/// # Safety
/// `varlena` must point to a varlena.
unsafe fn detoasted(varlena: *mut pg_sys::varlena) -> *mut pg_sys::varlena {
    // SAFETY: the caller's promise. Its first bytes tell how the rest is stored.
    unsafe {
        let is_short = varatt_is_1b(varlena) && !varatt_is_1b_e(varlena);
        if is_short || varatt_is_4b_u(varlena) {
            varlena
        } else {
            pg_sys::pg_detoast_datum_packed(varlena)
        }
    }
}

fn to_utf8(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if bytes.is_ascii() {
        // SAFETY: ASCII is UTF-8. (The standard library's own check takes several times as long.)
        return Some(Cow::Borrowed(unsafe {
            std::str::from_utf8_unchecked(bytes)
        }));
    }
    if database_encoding() == UTF8 || database_encoding() == SQL_ASCII {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    let converted = convert(bytes, database_encoding(), UTF8)?;
    String::from_utf8(converted).ok().map(Cow::Owned)
}

/// UTF-8 text in the database's encoding; `None` where a character has no counterpart there.
pub fn in_database_encoding(text: &str) -> Option<Vec<u8>> {
    match text.is_ascii() || database_encoding() == UTF8 || database_encoding() == SQL_ASCII {
        true => Some(text.as_bytes().to_vec()),
        false => convert(text.as_bytes(), UTF8, database_encoding()),
    }
}

const UTF8: i32 = pg_sys::pg_enc::PG_UTF8 as i32;
const SQL_ASCII: i32 = pg_sys::pg_enc::PG_SQL_ASCII as i32;

/// The most bytes that one becomes (PostgreSQL's MAX_CONVERSION_GROWTH).
const MAX_GROWTH: usize = 4;

/// The most bytes that a text has: what PostgreSQL allocates at once (its MaxAllocSize), less the header.
const MAX_TEXT_LEN: usize = 0x3fff_ffff - pg_sys::VARHDRSZ;

fn database_encoding() -> i32 {
    // SAFETY: reads a value that is fixed once the backend is connected to its database.
    unsafe { pg_sys::GetDatabaseEncoding() }
}

/// Converts between encodings; `None` where a character has no counterpart. PostgreSQL's own error would quote
/// its bytes, which may have been decrypted a moment ago.
fn convert(bytes: &[u8], from: i32, to: i32) -> Option<Vec<u8>> {
    let length = i32::try_from(bytes.len()).ok()?;
    let mut converted = vec![0; bytes.len() * MAX_GROWTH + 1];
    // SAFETY: the lengths are those of the buffers, and the destination has room for the longest result and
    // its NUL. With noError set, a character that cannot be converted ends the conversion early.
    let done = unsafe {
        let procedure = pg_sys::FindDefaultConversionProc(from, to);
        if procedure == pg_sys::InvalidOid {
            return None;
        }
        pg_sys::pg_do_encoding_conversion_buf(
            procedure,
            from,
            to,
            bytes.as_ptr().cast_mut(),
            length,
            converted.as_mut_ptr(),
            i32::try_from(converted.len()).ok()?,
            true,
        )
    };
    let end = converted.iter().position(|byte| *byte == 0)?;
    converted.truncate(end);
    (done == length).then_some(converted)
}

// SAFETY: unboxes through FromDatum, which checks for NULL.
unsafe impl<'fcx> ArgAbi<'fcx> for Text<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: pgrx calls this for non-null arguments of the declared type only.
        match unsafe { arg.unbox_arg_using_from_datum() } {
            Some(text) => text,
            // The functions are not STRICT and take Option<Text>, so PostgreSQL never brings a NULL here.
            None => Text(&[]),
        }
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: the argument is of the declared type, text.
        unsafe { arg.unbox_arg_using_from_datum().into() }
    }
}

// SAFETY: an element of an array of text: its content is inline and as it is, and lives as long as the array.
unsafe impl UnboxDatum for Text<'_> {
    type As<'src>
        = Text<'src>
    where
        Self: 'src;

    unsafe fn unbox<'src>(datum: Datum<'src>) -> Text<'src>
    where
        Self: 'src,
    {
        // SAFETY: pgrx unboxes elements of the declared type only, and none that is NULL.
        Text(unsafe { pgrx::varlena_to_byte_slice(datum.sans_lifetime().cast_mut_ptr()) })
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
    /// Errors: a NUL byte (22021); a character that the database's encoding lacks (22P05); longer than a text may be,
    /// 54000.
    pub fn new(text: &str) -> Result<TextOut> {
        Ok(Self::from_bytes(&converted(text)?))
    }

    /// Text from bytes that should be UTF-8.
    ///
    /// Errors: not UTF-8, and those of [`TextOut::new`].
    pub fn utf8(bytes: &[u8]) -> Result<TextOut> {
        if bytes.is_ascii() && !bytes.contains(&0) {
            check_len(bytes.len())?;
            return Ok(Self::from_bytes(bytes));
        }
        Self::new(std::str::from_utf8(bytes).map_err(|_| PgError::NotUtf8)?)
    }

    /// Text that is ASCII without NUL by construction (E.164, hexadecimal digits), and no longer than a text may be.
    pub fn ascii(text: &[u8]) -> TextOut {
        debug_assert!(text.is_ascii() && !text.contains(&0) && text.len() <= MAX_TEXT_LEN);
        Self::from_bytes(text)
    }

    /// A copy of an argument.
    pub fn copy(text: Text<'_>) -> TextOut {
        Self::from_bytes(text.0)
    }

    fn from_bytes(bytes: &[u8]) -> TextOut {
        TextOut(varlena(bytes))
    }
}

/// A varlena of these bytes, in the memory of the call.
pub fn varlena(bytes: &[u8]) -> pg_sys::Datum {
    let varlena = small_text(bytes).unwrap_or_else(|| {
        // SAFETY: copies the bytes into a palloc'd varlena.
        unsafe { pg_sys::cstring_to_text_with_len(bytes.as_ptr().cast(), bytes.len() as i32) }
    });
    pg_sys::Datum::from(varlena)
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

/// UTF-8 text in the database's encoding, as a text holds it.
///
/// Errors: as [`TextOut::new`].
pub fn converted(text: &str) -> Result<Vec<u8>> {
    if text.as_bytes().contains(&0) {
        return Err(PgError::NulInText);
    }
    check_len(text.len())?;
    let converted = in_database_encoding(text).ok_or(PgError::NotInDatabaseEncoding)?;
    check_len(converted.len())?;
    Ok(converted)
}

/// Refuses what would be longer than a text may be.
///
/// Errors: too long, 54000.
pub fn check_len(len: usize) -> Result<()> {
    match len <= MAX_TEXT_LEN {
        true => Ok(()),
        false => Err(PgError::TextTooLong),
    }
}

/// Bytes of the database's own encoding that came out of a text, and go back into one.
pub struct RawText(pub Vec<u8>);

impl RawText {
    /// Bytes that should be UTF-8, converted to the database's encoding.
    ///
    /// Errors: as [`TextOut::utf8`].
    pub fn utf8(bytes: &[u8]) -> Result<RawText> {
        if bytes.is_ascii() && !bytes.contains(&0) {
            return Ok(RawText(bytes.to_vec()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| PgError::NotUtf8)?;
        Ok(RawText(converted(text)?))
    }
}

impl IntoDatum for RawText {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        Some(TextOut::from_bytes(&self.0).0)
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::TEXTOID
    }
}

// SAFETY: the datum is a text varlena in the call's memory context.
unsafe impl BoxRet for RawText {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        let text = TextOut::from_bytes(&self.0);
        // SAFETY: the datum is of the declared type and is returned to PostgreSQL at once.
        unsafe { fcinfo.return_raw_datum(text.0) }
    }
}

// SAFETY: the SQL type is text, which is what IntoDatum makes.
unsafe impl SqlTranslatable for RawText {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(RawText);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("text"));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("text")));
}
