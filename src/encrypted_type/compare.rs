//! Comparisons and hashes, for both data types: of hash key id and tag, nothing else. They are LEAKPROOF: nothing in them raises an error
//! that depends on a value.

use phone_crypt_core::crypto::encrypted_phone::compared;
use std::cmp::Ordering;

use crate::pg::raw_function::Call;
use crate::pg::{Datum, ErrorReport};
use crate::raw_function;

raw_function! {
    /// `encrypted_value_eq(value, value)`.
    encrypted_value_eq, pg_finfo_encrypted_value_eq => is_equal;
    /// `encrypted_value_ne(value, value)`.
    encrypted_value_ne, pg_finfo_encrypted_value_ne => is_different;
    /// `encrypted_value_lt(value, value)`.
    encrypted_value_lt, pg_finfo_encrypted_value_lt => is_less;
    /// `encrypted_value_le(value, value)`.
    encrypted_value_le, pg_finfo_encrypted_value_le => is_less_or_equal;
    /// `encrypted_value_ge(value, value)`.
    encrypted_value_ge, pg_finfo_encrypted_value_ge => is_greater_or_equal;
    /// `encrypted_value_gt(value, value)`.
    encrypted_value_gt, pg_finfo_encrypted_value_gt => is_greater;
    /// `encrypted_value_cmp(value, value)`.
    encrypted_value_cmp, pg_finfo_encrypted_value_cmp => compare;
    /// `encrypted_value_hash(value)`.
    encrypted_value_hash, pg_finfo_encrypted_value_hash => hash;
    /// `encrypted_value_hash_extended(value, bigint)`.
    encrypted_value_hash_extended, pg_finfo_encrypted_value_hash_extended => hash_extended;
}

type Answer = Result<Datum, ErrorReport>;

unsafe extern "C-unwind" {
    /// PostgreSQL's hash of bytes; it raises nothing.
    fn hash_bytes(bytes: *const u8, length: i32) -> u32;
    /// The same with a seed, in 64 bits.
    fn hash_bytes_extended(bytes: *const u8, length: i32, seed: u64) -> u64;
}

/// # Safety
/// The call has two arguments of the type, and is STRICT.
#[inline]
unsafe fn ordering(call: &Call) -> Ordering {
    // SAFETY: the caller's promise.
    unsafe { compared(call.bytes(0)).cmp(compared(call.bytes(1))) }
}

unsafe fn is_equal(call: &mut Call) -> Answer {
    // SAFETY: declared with two values, and STRICT.
    Ok(Datum::from(unsafe { ordering(call) }.is_eq()))
}

unsafe fn is_different(call: &mut Call) -> Answer {
    // SAFETY: declared with two values, and STRICT.
    Ok(Datum::from(unsafe { ordering(call) }.is_ne()))
}

unsafe fn is_less(call: &mut Call) -> Answer {
    // SAFETY: declared with two values, and STRICT.
    Ok(Datum::from(unsafe { ordering(call) }.is_lt()))
}

unsafe fn is_less_or_equal(call: &mut Call) -> Answer {
    // SAFETY: declared with two values, and STRICT.
    Ok(Datum::from(unsafe { ordering(call) }.is_le()))
}

unsafe fn is_greater_or_equal(call: &mut Call) -> Answer {
    // SAFETY: declared with two values, and STRICT.
    Ok(Datum::from(unsafe { ordering(call) }.is_ge()))
}

unsafe fn is_greater(call: &mut Call) -> Answer {
    // SAFETY: declared with two values, and STRICT.
    Ok(Datum::from(unsafe { ordering(call) }.is_gt()))
}

unsafe fn compare(call: &mut Call) -> Answer {
    // SAFETY: declared with two values, and STRICT.
    Ok(Datum::from(unsafe { ordering(call) } as i32))
}

unsafe fn hash(call: &mut Call) -> Answer {
    // SAFETY: declared with a value, and STRICT; the length is that of the bytes.
    unsafe {
        let bytes = compared(call.bytes(0));
        Ok(Datum::from(
            hash_bytes(bytes.as_ptr(), bytes.len() as i32) as i32
        ))
    }
}

unsafe fn hash_extended(call: &mut Call) -> Answer {
    // SAFETY: declared with a value and a bigint, and STRICT; the length is that of the bytes.
    unsafe {
        let bytes = compared(call.bytes(0));
        let seed = call.datum(1).value() as u64;
        let hash = hash_bytes_extended(bytes.as_ptr(), bytes.len() as i32, seed);
        Ok(Datum::from(hash as i64))
    }
}
