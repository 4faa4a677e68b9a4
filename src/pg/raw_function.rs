//! Functions that PostgreSQL calls with its own calling convention and nothing in between: a data type's, and those
//! that take or give `internal`.

use pgrx::{PgLogLevel, PgSqlErrorCode, pg_sys};
use std::ffi::CStr;

use super::ErrorReport;
use super::text::Text;

/// Exports `$name` as a function of version 1 for `LANGUAGE c`. It calls `$body`, whose error is raised without the
/// context that PostgreSQL would add: COPY's is the line that holds the number.
#[macro_export]
macro_rules! raw_function {
    ($($(#[$doc:meta])* $name:ident, $info:ident => $body:path;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// PostgreSQL calls it as it is declared in SQL.
        #[unsafe(no_mangle)]
        #[pgrx::pg_guard]
        pub unsafe extern "C-unwind" fn $name(
            fcinfo: $crate::pg::FunctionCallInfo,
        ) -> $crate::pg::Datum {
            let body: $crate::pg::raw_function::Body = $body;
            // SAFETY: the caller's promise; the body is written for the SQL declaration of `$name`.
            unsafe { $crate::pg::raw_function::answer(fcinfo, body) }
        }

        /// What PostgreSQL asks before it calls the function.
        #[unsafe(no_mangle)]
        pub extern "C-unwind" fn $info() -> &'static pgrx::pg_sys::Pg_finfo_record {
            static INFO: pgrx::pg_sys::Pg_finfo_record =
                pgrx::pg_sys::Pg_finfo_record { api_version: 1 };
            &INFO
        }
    )*};
}

/// What a function does with its call.
pub type Body = unsafe fn(&mut Call) -> Result<pg_sys::Datum, ErrorReport>;

/// Calls the body of a function and gives its result, or raises its error.
///
/// # Safety
/// `fcinfo` must be that of a call in progress, of a function for which `body` is written.
#[inline]
pub unsafe fn answer(fcinfo: pg_sys::FunctionCallInfo, body: Body) -> pg_sys::Datum {
    // SAFETY: the caller's promise.
    match unsafe { body(&mut Call(fcinfo)) } {
        Ok(datum) => datum,
        Err(error) => raise(error),
    }
}

/// A call in progress.
pub struct Call(pg_sys::FunctionCallInfo);

impl Call {
    /// PostgreSQL's own struct.
    pub fn info(&self) -> pg_sys::FunctionCallInfo {
        self.0
    }

    /// An argument that is not NULL, as PostgreSQL has it.
    ///
    /// # Safety
    /// The function has so many arguments, and is STRICT or has looked.
    #[inline]
    pub unsafe fn datum(&self, number: usize) -> pg_sys::Datum {
        // SAFETY: the caller's promise; the arguments stand behind the struct.
        unsafe { (*(*self.0).args.as_ptr().add(number)).value }
    }

    /// The bytes of an argument that is a varlena, inline and as they are.
    ///
    /// # Safety
    /// As [`Call::datum`]; the argument's type is a varlena.
    #[inline]
    pub unsafe fn bytes(&self, number: usize) -> &[u8] {
        // SAFETY: the caller's promise.
        unsafe { varlena_bytes(self.datum(number)) }
    }

    /// The bytes of an argument that is a C string.
    ///
    /// # Safety
    /// As [`Call::datum`]; the argument's type is cstring.
    pub unsafe fn c_string(&self, number: usize) -> &[u8] {
        // SAFETY: the caller's promise.
        unsafe { CStr::from_ptr(self.datum(number).cast_mut_ptr()).to_bytes() }
    }
}

/// The bytes of a varlena, inline and as they are. They live as long as the datum, or the memory context.
///
/// # Safety
/// `datum` must point to a varlena.
#[inline]
pub unsafe fn varlena_bytes<'a>(datum: pg_sys::Datum) -> &'a [u8] {
    // SAFETY: the caller's promise. What Text reads of a varlena is the same for every type of varlena.
    match unsafe { <Text<'a> as pgrx::FromDatum>::from_datum(datum, false) } {
        Some(text) => text.bytes(),
        None => &[],
    }
}

/// Leaves out the context that PostgreSQL adds to the next error: the line that COPY reads, the call's arguments.
pub fn without_context() {
    // SAFETY: the handlers on this list only add to a message. Whoever catches the error puts back its own list.
    unsafe { pg_sys::error_context_stack = std::ptr::null_mut() };
}

/// Raises the error, without context.
pub fn raise(error: ErrorReport) -> ! {
    without_context();
    error.report(PgLogLevel::ERROR);
    unreachable!("an error ends the call")
}

#[cfg(not(any(feature = "pg14", feature = "pg15")))]
unsafe extern "C-unwind" {
    fn errcode(sqlerrcode: std::ffi::c_int) -> std::ffi::c_int;
}

/// Raises an error of an input function in the way that its caller asked for: softly, where it can go on without the
/// value. Then what is given is NULL.
///
/// # Safety
/// `call` must be of an input function.
pub unsafe fn refuse_input(
    call: &Call,
    code: PgSqlErrorCode,
    message: &CStr,
    otherwise: impl FnOnce() -> ErrorReport,
) -> pg_sys::Datum {
    #[cfg(not(any(feature = "pg14", feature = "pg15")))]
    // SAFETY: the context is a node or NULL; the message is a constant without arguments.
    unsafe {
        let context = (*call.info()).context;
        if !context.is_null() && (*context).type_ == pg_sys::NodeTag::T_ErrorSaveContext {
            if pg_sys::errsave_start(context, std::ptr::null()) {
                errcode(code as i32);
                pg_sys::errmsg_internal(c"%s".as_ptr(), message.as_ptr());
                pg_sys::errsave_finish(context, c"".as_ptr(), 0, c"".as_ptr());
            }
            return pg_sys::Datum::null();
        }
    }
    let _ = (call, code, message);
    raise(otherwise())
}
