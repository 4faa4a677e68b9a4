//! Phone numbers as they are written: which regions they are read in, and their E.164 form. The rules are in core.

pub mod arguments;
mod configured_regions;
pub mod e164;
pub mod error;
pub mod functions;
pub mod regions;
