//! Input, output, receive, send, and the casts from text, of both data types. Declared in `sql/encrypted_phone/type.sql` and
//! `sql/encrypted_email/type.sql`.

use pgrx::{PgSqlErrorCode, pg_sys};
use phone_crypt_core::crypto::encrypted_phone::{
    DataType, PROBE_LEN, encode_text, inspect_as, text_len,
};
use std::ffi::CStr;

use super::typed::{Email, Phone, Typed};
use crate::cipher;
use crate::encrypted_type::access;
use crate::encrypted_type::error::{Error, Result};
use crate::encrypted_type::input::{self, is_malformed};
use crate::pg::raw_function::{Call, refuse_input};
use crate::pg::text::{Text, varlena};
use crate::pg::{Datum, ErrorReport, Oid, catalog, oids};
use crate::phone::regions::Chosen;
use crate::raw_function;

raw_function! {
    /// `encrypted_phone_in(cstring)`.
    encrypted_phone_in, pg_finfo_encrypted_phone_in => read::<Phone>;
    /// `encrypted_phone_out(encrypted_phone)`.
    encrypted_phone_out, pg_finfo_encrypted_phone_out => write::<Phone>;
    /// `encrypted_phone_recv(internal)`.
    encrypted_phone_recv, pg_finfo_encrypted_phone_recv => receive::<Phone>;
    /// `encrypted_phone_from_text(text)`: the cast, which casts of varchar use too.
    encrypted_phone_from_text, pg_finfo_encrypted_phone_from_text => cast::<Phone>;
    /// `encrypted_phone_from_bpchar(character)`: the cast; what pads the type does not count.
    encrypted_phone_from_bpchar, pg_finfo_encrypted_phone_from_bpchar => cast_padded::<Phone>;
    /// `encrypted_phone_probe(text, internal)`: what the planner puts in the place of a cast that is only compared.
    encrypted_phone_probe, pg_finfo_encrypted_phone_probe => probe::<Phone>;
    /// `encrypted_phone_probe(character, internal)`: the same for a padded type.
    encrypted_phone_probe_bpchar, pg_finfo_encrypted_phone_probe_bpchar => probe_padded::<Phone>;
    /// `encrypted_email_in(cstring)`.
    encrypted_email_in, pg_finfo_encrypted_email_in => read::<Email>;
    /// `encrypted_email_out(encrypted_email)`.
    encrypted_email_out, pg_finfo_encrypted_email_out => write::<Email>;
    /// `encrypted_email_recv(internal)`.
    encrypted_email_recv, pg_finfo_encrypted_email_recv => receive::<Email>;
    /// `encrypted_email_from_text(text)`.
    encrypted_email_from_text, pg_finfo_encrypted_email_from_text => cast::<Email>;
    /// `encrypted_email_from_bpchar(character)`.
    encrypted_email_from_bpchar, pg_finfo_encrypted_email_from_bpchar => cast_padded::<Email>;
    /// `encrypted_email_probe(text, internal)`.
    encrypted_email_probe, pg_finfo_encrypted_email_probe => probe::<Email>;
    /// `encrypted_email_probe(character, internal)`.
    encrypted_email_probe_bpchar, pg_finfo_encrypted_email_probe_bpchar => probe_padded::<Email>;
    /// `encrypted_phone_send(encrypted_phone)` and `encrypted_email_send(encrypted_email)`.
    encrypted_value_send, pg_finfo_encrypted_value_send => send;
}

/// The data type that a type is, or is a domain over.
pub fn data_type_of(of_type: Oid) -> Option<DataType> {
    let input = catalog::input_function(catalog::base_type(of_type))?;
    if input == encrypted_phone_in as *const () as usize {
        Some(DataType::Phone)
    } else if input == encrypted_email_in as *const () as usize {
        Some(DataType::Email)
    } else {
        None
    }
}

/// Whether a type is `encrypted_phone`, or a domain over it.
pub fn is_the_type(of_type: Oid) -> bool {
    data_type_of(of_type) == Some(DataType::Phone)
}

/// A cast from text, for the planner.
pub struct Cast {
    /// What it is from.
    pub from: Oid,
    /// The function that stands for it where its result is only compared.
    pub probe: &'static CStr,
}

/// The cast that the C function with this address is behind; None for any other.
pub fn cast_at(address: usize) -> Option<Cast> {
    let casts = [
        (
            encrypted_phone_from_text as *const (),
            oids::TEXTOID,
            c"encrypted_phone_probe",
        ),
        (
            encrypted_phone_from_bpchar as *const (),
            oids::BPCHAROID,
            c"encrypted_phone_probe",
        ),
        (
            encrypted_email_from_text as *const (),
            oids::TEXTOID,
            c"encrypted_email_probe",
        ),
        (
            encrypted_email_from_bpchar as *const (),
            oids::BPCHAROID,
            c"encrypted_email_probe",
        ),
    ];
    let (_, from, probe) = casts
        .into_iter()
        .find(|(cast, ..)| *cast as usize == address)?;
    Some(Cast { from, probe })
}

type Answer = std::result::Result<Datum, ErrorReport>;

unsafe fn read<T: Typed>(call: &mut Call) -> Answer {
    // SAFETY: declared with a cstring, and STRICT.
    let text = Text::of(unsafe { call.c_string(0) });
    match input::value_of_text(T::DATA_TYPE, text, call.info()) {
        // SAFETY: this is an input function.
        Err(error) if is_malformed(&error) => Ok(unsafe {
            let code = PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION;
            refuse_input(call, code, T::MALFORMED, || error.into())
        }),
        result => Ok(result?),
    }
}

unsafe fn write<T: Typed>(call: &mut Call) -> Answer {
    // SAFETY: declared with the type, and STRICT. What is allocated has room for the text and its NUL.
    unsafe {
        let value = call.bytes(0);
        let length = text_len(value.len());
        let text: *mut u8 = pg_sys::palloc(length + 1).cast();
        let letters = std::slice::from_raw_parts_mut(text, length);
        encode_text(T::DATA_TYPE, value, letters);
        text.add(length).write(0);
        Ok(Datum::from(text))
    }
}

unsafe fn receive<T: Typed>(call: &mut Call) -> Answer {
    // SAFETY: declared with internal, and STRICT: PostgreSQL hands over the message, of which what is left is the
    // value.
    let value = unsafe {
        let message: pg_sys::StringInfo = call.datum(0).cast_mut_ptr();
        let left = (*message).len - (*message).cursor;
        let start = pg_sys::pq_getmsgbytes(message, left);
        std::slice::from_raw_parts(start.cast::<u8>(), left as usize)
    };
    access::check_stored(T::DATA_TYPE, call.info())?;
    inspect_as(T::DATA_TYPE, value).map_err(|_| Error::MalformedTyped(T::DATA_TYPE))?;
    Ok(input::stored_value(value)?)
}

unsafe fn send(call: &mut Call) -> Answer {
    // SAFETY: declared with the type, and STRICT. A bytea has the same form.
    Ok(varlena(unsafe { call.bytes(0) }))
}

unsafe fn cast<T: Typed>(call: &mut Call) -> Answer {
    // SAFETY: declared with text, and STRICT.
    let text = Text::of(unsafe { call.bytes(0) });
    Ok(input::value_of_text(T::DATA_TYPE, text, call.info())?)
}

unsafe fn cast_padded<T: Typed>(call: &mut Call) -> Answer {
    // SAFETY: declared with character, and STRICT.
    let text = Text::of(without_padding(unsafe { call.bytes(0) }));
    Ok(input::value_of_text(T::DATA_TYPE, text, call.info())?)
}

unsafe fn probe<T: Typed>(call: &mut Call) -> Answer {
    // SAFETY: declared with text, which `probed` sees not to be NULL.
    unsafe { probed::<T>(call, |text| text) }
}

unsafe fn probe_padded<T: Typed>(call: &mut Call) -> Answer {
    // SAFETY: declared with character, which `probed` sees not to be NULL.
    unsafe { probed::<T>(call, without_padding) }
}

/// # Safety
/// The call's first argument is a varlena.
unsafe fn probed<T: Typed>(call: &mut Call, text_of: fn(&[u8]) -> &[u8]) -> Answer {
    // SAFETY: the caller's promise. The function is not STRICT, since its second argument is always NULL.
    let bytes = unsafe {
        if (*(*call.info()).args.as_ptr()).isnull {
            (*call.info()).isnull = true;
            return Ok(Datum::null());
        }
        call.bytes(0)
    };
    let text = Text::of(text_of(bytes));
    if let Some(value) = input::decode_text_form(T::DATA_TYPE, text) {
        access::check_stored(T::DATA_TYPE, call.info())?;
        let value = value?;
        return Ok(input::stored_value(&value)?);
    }
    access::check_plain(T::DATA_TYPE, call.info())?;
    let probe: Result<_> = input::with_plain_of(T::DATA_TYPE, text, &Chosen::Default, |plain| {
        let mut probe = [0; PROBE_LEN];
        cipher::probe_typed(plain, &mut probe)?;
        Ok(varlena(&probe))
    });
    Ok(probe?)
}

fn without_padding(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte != b' ');
    text.get(..end.map_or(0, |end| end + 1)).unwrap_or_default()
}
