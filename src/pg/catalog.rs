//! Our own functions in the catalogue, found through the extension's entry and never through search_path.

use pgrx::pg_sys;
use pgrx::spi::quote_identifier;
use std::ffi::{CStr, CString};

use super::text::{Text, in_database_encoding};

/// The schema of the function being called, which is the one the extension was created in.
pub fn schema_of_call(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Oid {
    // SAFETY: PostgreSQL passes a valid call with its function's oid.
    unsafe { pg_sys::get_func_namespace((*(*fcinfo).flinfo).fn_oid) }
}

/// What a domain is made of; any other type is itself.
pub fn base_type(of_type: pg_sys::Oid) -> pg_sys::Oid {
    // SAFETY: a look-up in the catalogue's cache.
    unsafe { pg_sys::getBaseType(of_type) }
}

/// The address of a type's input function: it tells a type of ours, whatever its name.
pub fn input_function(of_type: pg_sys::Oid) -> Option<usize> {
    let (mut function, mut parameter) = (pg_sys::InvalidOid, pg_sys::InvalidOid);
    let mut info = pg_sys::FmgrInfo::default();
    // SAFETY: look-ups in the catalogue, which raise where there is no such type; they fill in what they are passed.
    unsafe {
        pg_sys::getTypeInputInfo(of_type, &mut function, &mut parameter);
        pg_sys::fmgr_info(function, &mut info);
    }
    info.fn_addr.map(|address| address as usize)
}

/// The schema of a type's input function, which is the one the type's extension was created in.
pub fn schema_of_type(the_type: pg_sys::Oid) -> pg_sys::Oid {
    let (mut function, mut parameter) = (pg_sys::InvalidOid, pg_sys::InvalidOid);
    // SAFETY: look-ups in the catalogue, which raise where there is no such type; they fill in what they are passed.
    unsafe {
        pg_sys::getTypeInputInfo(the_type, &mut function, &mut parameter);
        pg_sys::get_func_namespace(function)
    }
}

/// The type of the column with this number, below all domains; None where there is no such column.
pub fn type_of_column_number(table: pg_sys::Oid, number: i32) -> Option<pg_sys::Oid> {
    let number = i16::try_from(number).ok()?;
    // SAFETY: a look-up in the catalogue.
    let found = unsafe { pg_sys::get_atttype(table, number) };
    (found != pg_sys::InvalidOid).then(|| base_type(found))
}

/// The name of a schema, quoted.
pub fn quoted_schema(schema: pg_sys::Oid) -> String {
    // SAFETY: the call gives NULL or a copy that ends in NUL.
    let name = unsafe {
        let name = pg_sys::get_namespace_name(schema);
        match name.is_null() {
            true => return String::new(),
            false => CStr::from_ptr(name),
        }
    };
    quote_identifier(Text::of(name.to_bytes()).or_empty())
}

/// The type of arrays of a type; `Oid::INVALID` where there is none.
pub fn array_type(of_type: pg_sys::Oid) -> pg_sys::Oid {
    // SAFETY: a look-up in the catalogue.
    unsafe { pg_sys::get_array_type(of_type) }
}

/// The type of an array's elements; None for what is no array.
pub fn element_type(of_type: pg_sys::Oid) -> Option<pg_sys::Oid> {
    // SAFETY: a look-up in the catalogue.
    let element = unsafe { pg_sys::get_element_type(of_type) };
    (element != pg_sys::InvalidOid).then_some(element)
}

/// The number of a table's column; None where there is no such column.
pub fn column_number(table: pg_sys::Oid, name: &str) -> Option<i16> {
    let name = in_database_encoding(name).and_then(|name| CString::new(name).ok())?;
    // SAFETY: a look-up in the catalogue, by a name that ends in NUL.
    let number = unsafe { pg_sys::get_attnum(table, name.as_ptr()) };
    (number > 0).then_some(number)
}

/// The type of a table's column, below all domains; None where there is no such column.
pub fn type_of_column(table: pg_sys::Oid, name: &str) -> Option<pg_sys::Oid> {
    type_of_column_number(table, i32::from(column_number(table, name)?))
}

/// The type that the function being called takes first.
pub fn argument_type(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Oid {
    let (mut types, mut count) = (std::ptr::null_mut(), 0);
    // SAFETY: PostgreSQL passes a valid call with its function's oid; the types are a copy.
    unsafe {
        pg_sys::get_func_signature((*(*fcinfo).flinfo).fn_oid, &mut types, &mut count);
        match count {
            0 => pg_sys::InvalidOid,
            _ => *types,
        }
    }
}

/// Whether the current user may execute `schema.name(text, text)`.
pub fn may_execute(schema: pg_sys::Oid, name: &CStr) -> bool {
    may_execute_with(schema, name, &[pg_sys::TEXTOID, pg_sys::TEXTOID])
}

/// Whether the current user may execute the function, and whoever called the outermost function, too: the user of the
/// session, or the role of SET ROLE. SECURITY DEFINER, which changes the current user, does not change that one.
pub fn outermost_may_execute_with(schema: pg_sys::Oid, name: &CStr, types: &[pg_sys::Oid]) -> bool {
    // SAFETY: reads a variable of this process.
    let outermost = unsafe { pg_sys::GetOuterUserId() };
    may_execute_with(schema, name, types) && user_may_execute(outermost, schema, name, types)
}

/// Whether the current user may execute the function of this name and these argument types.
pub fn may_execute_with(schema: pg_sys::Oid, name: &CStr, types: &[pg_sys::Oid]) -> bool {
    user_may_execute(super::user::current_user(), schema, name, types)
}

fn user_may_execute(
    user: pg_sys::Oid,
    schema: pg_sys::Oid,
    name: &CStr,
    types: &[pg_sys::Oid],
) -> bool {
    let function = function_with(schema, name, types);
    if function == pg_sys::InvalidOid {
        return false;
    }
    // SAFETY: a privilege check of an existing function.
    unsafe {
        let execute = pg_sys::ACL_EXECUTE as pg_sys::AclMode;
        #[cfg(any(feature = "pg14", feature = "pg15"))]
        let result = pg_sys::pg_proc_aclcheck(function, user, execute);
        #[cfg(not(any(feature = "pg14", feature = "pg15")))]
        let result = pg_sys::object_aclcheck(pg_sys::ProcedureRelationId, function, user, execute);
        result == pg_sys::AclResult::ACLCHECK_OK
    }
}

/// The function of this name and these argument types; `Oid::INVALID` where there is none.
pub fn function_with(schema: pg_sys::Oid, name: &CStr, types: &[pg_sys::Oid]) -> pg_sys::Oid {
    // SAFETY: a look-up in the function-name cache (name, argument types, schema); the cache copies nothing
    // and keeps nothing of what is passed.
    unsafe {
        let arguments = pg_sys::buildoidvector(types.as_ptr(), types.len() as i32);
        let oid = pg_sys::GetSysCacheOid(
            pg_sys::SysCacheIdentifier::PROCNAMEARGSNSP as i32,
            pg_sys::Anum_pg_proc_oid as pg_sys::AttrNumber,
            pg_sys::Datum::from(name.as_ptr()),
            pg_sys::Datum::from(arguments),
            pg_sys::Datum::from(schema),
            pg_sys::Datum::null(),
        );
        pg_sys::pfree(arguments.cast());
        oid
    }
}
