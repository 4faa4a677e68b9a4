//! Which numbering plans are built in.

/// The version of libphonenumber's metadata that numbers are parsed by, such as `9.0.42`.
///
/// The parser's crate has it in its readme only, so it is written here. A test compares the two, and
/// another knows the metadata by its hash: both must change together.
pub const METADATA_VERSION: &str = "9.0.42";
