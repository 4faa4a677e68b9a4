//! A `jsonb` argument that should be an object of texts, such as the headers of a request.
//!
//! It is walked with PostgreSQL's own iterator: nothing of it is printed and parsed again, so that no error can quote it.

use pgrx::callconv::{Arg, ArgAbi};
use pgrx::nullable::Nullable;
use pgrx::pg_sys;
use pgrx::pg_sys::JsonbIteratorToken::{
    WJB_BEGIN_ARRAY, WJB_BEGIN_OBJECT, WJB_DONE, WJB_ELEM, WJB_KEY, WJB_VALUE,
};
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use std::ffi::c_void;

use super::text::Text;

/// A `jsonb`, in the memory of the call.
#[derive(Clone, Copy)]
pub struct Jsonb(*mut c_void);

/// What a field of an object holds.
pub enum Field<'a> {
    /// null.
    Null,
    /// A text, in the database's encoding.
    Text(Text<'a>),
    /// The elements of an array: texts, and None for whatever else.
    Array(Vec<Option<Text<'a>>>),
    /// A number, true, false, an object.
    Other,
}

impl Jsonb {
    /// Calls `each` with every name and field. False where it is no object.
    pub fn each_field<'a>(&'a self, mut each: impl FnMut(Text<'a>, Field<'a>)) -> bool {
        // SAFETY: a jsonb in memory that stays for the call, aligned, its root container behind the header.
        let root = unsafe { self.0.cast::<u8>().add(pg_sys::VARHDRSZ) };
        let mut walk = Walk::of(root.cast());
        let (mut is_object, mut name) = (false, None);
        loop {
            match walk.next() {
                (WJB_DONE, _) => return is_object,
                (WJB_BEGIN_OBJECT, _) => is_object = true,
                (WJB_BEGIN_ARRAY, _) => return false,
                (WJB_KEY, value) => name = text(&value),
                (WJB_VALUE, value) => {
                    if let Some(name) = name.take() {
                        each(name, field(&value));
                    }
                }
                _ => {}
            }
        }
    }
}

/// PostgreSQL's iterator over a container, which does not enter those within.
struct Walk(*mut pg_sys::JsonbIterator);

impl Walk {
    fn of(container: *mut pg_sys::JsonbContainer) -> Walk {
        // SAFETY: a container of a valid jsonb; the iterator is in the memory of the call.
        Walk(unsafe { pg_sys::JsonbIteratorInit(container) })
    }

    fn next(&mut self) -> (pg_sys::JsonbIteratorToken::Type, pg_sys::JsonbValue) {
        // SAFETY: zeroes are a value of the struct (null); the iterator fills in what goes with its token.
        unsafe {
            let mut value: pg_sys::JsonbValue = std::mem::zeroed();
            let token = pg_sys::JsonbIteratorNext(&mut self.0, &mut value, true);
            (token, value)
        }
    }
}

fn text<'a>(value: &pg_sys::JsonbValue) -> Option<Text<'a>> {
    if value.type_ != pg_sys::jbvType::jbvString {
        return None;
    }
    // SAFETY: the type says which member of the union is there; the bytes are those within the jsonb.
    unsafe {
        let string = value.val.string;
        if string.len <= 0 {
            return Some(Text::of(&[]));
        }
        let bytes = std::slice::from_raw_parts(string.val.cast::<u8>(), string.len as usize);
        Some(Text::of(bytes))
    }
}

fn field<'a>(value: &pg_sys::JsonbValue) -> Field<'a> {
    match value.type_ {
        pg_sys::jbvType::jbvNull => Field::Null,
        pg_sys::jbvType::jbvString => text(value).map_or(Field::Other, Field::Text),
        // SAFETY: the type says which member of the union is there.
        pg_sys::jbvType::jbvBinary => match elements(unsafe { value.val.binary.data }) {
            Some(elements) => Field::Array(elements),
            None => Field::Other,
        },
        _ => Field::Other,
    }
}

/// The elements of an array; None for an object.
fn elements<'a>(container: *mut pg_sys::JsonbContainer) -> Option<Vec<Option<Text<'a>>>> {
    let mut walk = Walk::of(container);
    let mut elements = Vec::new();
    loop {
        match walk.next() {
            (WJB_DONE, _) => return Some(elements),
            (WJB_BEGIN_OBJECT, _) => return None,
            (WJB_ELEM, value) => elements.push(text(&value)),
            _ => {}
        }
    }
}

fn from_datum(datum: pg_sys::Datum) -> Jsonb {
    // SAFETY: the argument is declared jsonb. What detoasting gives is aligned, and stays for the call.
    Jsonb(unsafe { pg_sys::pg_detoast_datum(datum.cast_mut_ptr()) }.cast())
}

// SAFETY: a NULL is never unboxed: it becomes Nullable::Null.
unsafe impl<'fcx> ArgAbi<'fcx> for Jsonb {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: pgrx calls this for non-null arguments of the declared type only.
        from_datum(unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or(pg_sys::Datum::null()))
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: as above; None is NULL.
        let datum: Option<pg_sys::Datum> = unsafe { arg.unbox_arg_using_from_datum() };
        datum.map(from_datum).into()
    }
}

// SAFETY: the SQL type is jsonb, which is what is unboxed above.
unsafe impl SqlTranslatable for Jsonb {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Jsonb);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("jsonb"));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("jsonb")));
}
