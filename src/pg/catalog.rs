//! Our own functions in the catalogue, found through the extension's entry and never through search_path.

use pgrx::pg_sys;
use std::ffi::CStr;

/// The schema of the function being called, which is the one the extension was created in.
pub fn schema_of_call(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Oid {
    // SAFETY: PostgreSQL passes a valid call with its function's oid.
    unsafe { pg_sys::get_func_namespace((*(*fcinfo).flinfo).fn_oid) }
}

/// Whether the current user may execute `schema.name(text, text)`.
pub fn may_execute(schema: pg_sys::Oid, name: &CStr) -> bool {
    let function = function_of_two_texts(schema, name);
    if function == pg_sys::InvalidOid {
        return false;
    }
    // SAFETY: a privilege check of an existing function for the current user.
    unsafe {
        let user = pg_sys::GetUserId();
        let execute = pg_sys::ACL_EXECUTE as pg_sys::AclMode;
        #[cfg(any(feature = "pg14", feature = "pg15"))]
        let result = pg_sys::pg_proc_aclcheck(function, user, execute);
        #[cfg(not(any(feature = "pg14", feature = "pg15")))]
        let result = pg_sys::object_aclcheck(pg_sys::ProcedureRelationId, function, user, execute);
        result == pg_sys::AclResult::ACLCHECK_OK
    }
}

fn function_of_two_texts(schema: pg_sys::Oid, name: &CStr) -> pg_sys::Oid {
    // SAFETY: a look-up in the function-name cache (name, argument types, schema); the cache copies nothing
    // and keeps nothing of what is passed.
    unsafe {
        let types = [pg_sys::TEXTOID, pg_sys::TEXTOID];
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
