//! One function for readers and for everyone else: the number, or its mask.

use pgrx::{default, pg_extern};
use phone_crypt_core::crypto::encrypted_phone::{DataType, is_text_form};
use phone_crypt_core::phone;

use super::typed_text;
use crate::cipher::{self, Destination, is_read_as_legacy, with_scratch};
use crate::pg::Answer;
use crate::pg::FunctionCallInfo;
use crate::pg::PgError;
use crate::pg::catalog;
use crate::pg::oids::TEXTOID;
use crate::pg::text::{Text, TextOut};
use crate::phone::arguments;
use crate::values::error::Result;

/// `phone_reveal(value[, context])`: the number for whoever may execute `phone_decrypt`, else its mask. It is
/// decided at run time, so that one view serves both. Within a SECURITY DEFINER function both the definer and whoever calls
/// the outermost function must be allowed to: else the function would show its callers what its owner may see.
///
/// Errors: as `phone_decrypt`; the mask is not subject to require_tls.
#[pg_extern(stable, parallel_restricted)]
fn phone_reveal(
    value: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
    fcinfo: FunctionCallInfo,
) -> Answer<Option<TextOut>> {
    let context = arguments::context(context)?;
    let Some(value) = value else { return Ok(None) };
    let schema = catalog::schema_of_call(fcinfo);
    let in_full =
        catalog::outermost_may_execute_with(schema, c"phone_decrypt", &[TEXTOID, TEXTOID]);
    if is_text_form(DataType::Phone, value.bytes()) {
        return Ok(Some(typed_text::revealed(value, &context, in_full)?));
    }
    Ok(Some(revealed(value.bytes(), &context, in_full)?))
}

fn revealed(value: &[u8], context: &str, in_full: bool) -> Result<TextOut> {
    if !in_full && is_read_as_legacy(value, context.as_bytes()) {
        // Nothing authenticates such a value: whoever may call this could edit it and read the number off the
        // masks of what the edits decrypt to. So all of it is hidden.
        return Ok(TextOut::new(&phone::mask("", &phone::Regions::none()))?);
    }
    let destination = match in_full {
        true => Destination::Client("phone_reveal"),
        false => Destination::Masked("phone_reveal"),
    };
    with_scratch(|out| {
        cipher::open_phone(value, context.as_bytes(), destination, out)?;
        let plain = std::str::from_utf8(out).map_err(|_| PgError::NotUtf8)?;
        if in_full {
            return Ok(TextOut::new(plain)?);
        }
        Ok(TextOut::new(&phone::mask_e164(plain))?)
    })
}
