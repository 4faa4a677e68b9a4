//! The default regions, for the scripts that write them down, and contexts that name regions by mistake.

use pgrx::pg_extern;

use super::args;
use crate::error::Answer;
use crate::pg::text::Text;
use crate::regions;

/// `phone_crypt.configured_regions()`: `phone_crypt.default_regions` in the one form that is written down, such as
/// `AU,US`. It works on a database that is pinned to other regions.
#[pg_extern(schema = "phone_crypt", stable, parallel_safe)]
fn configured_regions() -> Answer<String> {
    Ok(regions::configured()?)
}

/// `phone_crypt.default_regions()`: the same, to be kept beside numbers.
///
/// Errors: the database is pinned to other regions, 55000.
#[pg_extern(schema = "phone_crypt", stable, parallel_safe)]
fn default_regions() -> Answer<String> {
    Ok(regions::with_default(|regions| Ok(regions.to_string()))?)
}

/// `phone_crypt.check_context(context)`: nothing, or the error that says why a text is no context.
///
/// Errors: NULL, 22004; a list of regions, 22023.
#[pg_extern(schema = "phone_crypt", immutable, parallel_safe)]
fn check_context(context: Option<Text<'_>>) -> Answer<()> {
    args::context(context)?;
    Ok(())
}
