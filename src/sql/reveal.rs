//! One function for readers and for everyone else: the number, or its mask.

use pgrx::{default, pg_extern, pg_sys};
use phone_crypt_core::phone;

use super::args;
use crate::decrypt::{decrypt_phone, is_read_as_legacy};
use crate::error::{Answer, Error, Result};
use crate::scratch::with_scratch;
use crate::stats::{Operation, count};
use crate::text::{Text, TextOut};
use crate::{catalog, transport};

/// `phone_reveal(value[, context])`: the number for whoever may execute `phone_decrypt`, else its mask. It is
/// decided at run time for the current user, so that one view serves both.
///
/// Errors: as `phone_decrypt`; the mask is not subject to require_tls.
#[pg_extern(stable, parallel_restricted)]
fn phone_reveal(
    value: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
    fcinfo: pg_sys::FunctionCallInfo,
) -> Answer<Option<TextOut>> {
    let context = args::context(context)?;
    let Some(value) = value else { return Ok(None) };
    let in_full = catalog::may_execute(catalog::schema_of_call(fcinfo), c"phone_decrypt");
    if in_full {
        transport::check()?;
    }
    Ok(Some(count(
        Operation::Decrypt,
        revealed(value.bytes(), &context, in_full),
    )?))
}

fn revealed(value: &[u8], context: &str, in_full: bool) -> Result<TextOut> {
    if !in_full && is_read_as_legacy(value, context) {
        // Nothing authenticates such a value: whoever may call this could edit it and read the number off the
        // masks of what the edits decrypt to. So all of it is hidden.
        return TextOut::new(&phone::mask("", &phone::Regions::none()));
    }
    with_scratch(|out| {
        decrypt_phone(value, context, out)?;
        let plain = std::str::from_utf8(out).map_err(|_| Error::NotUtf8)?;
        if in_full {
            return TextOut::new(plain);
        }
        TextOut::new(&phone::mask_e164(plain))
    })
}
