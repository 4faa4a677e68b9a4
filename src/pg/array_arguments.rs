//! What pgrx does not tell of an array.

use pgrx::pg_sys;

/// The number of dimensions of an argument that is an array and not NULL; 0 where the array is empty.
pub fn dimensions(fcinfo: pg_sys::FunctionCallInfo, argument: usize) -> i32 {
    // SAFETY: PostgreSQL passes a valid call, whose arguments are as many as it says; an array begins with its header.
    unsafe {
        let arguments = (*fcinfo).args.as_slice((*fcinfo).nargs as usize);
        let array = pg_sys::pg_detoast_datum(arguments[argument].value.cast_mut_ptr());
        (*array.cast::<pg_sys::ArrayType>()).ndim
    }
}
