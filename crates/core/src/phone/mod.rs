//! Phone numbers: parsing, normalisation to E.164 (ITU-T E.164), formatting and masking.
//!
//! [`normalize`] is the way in for everything that is encrypted, hashed or looked up. `rule.rs`
//! holds what a number without `+` means under an ordered list of regions, `fast_path.rs` the
//! shortcut for numbers that are E.164 already, `naive.rs` what the earlier web application made of
//! numbers, and `library.rs` is the only file that calls the parser.

mod calling_code;
mod dialled;
mod e164;
mod error;
mod fast_path;
mod international;
mod library;
mod mask;
mod naive;
mod normalize;
mod parsed;
mod phone_type;
mod region;
mod regions;
mod renumbered;
mod rule;
mod style;
mod typed;
mod warm_up;

pub use e164::E164;
pub use error::{PhoneError, RegionsError, StyleError};
pub use fast_path::is_e164;
pub use mask::{mask, mask_e164};
pub use naive::{Naive, NaiveError, read_naive};
pub use normalize::{MAX_INPUT_BYTES, is_possible, is_valid, normalize, parse, parse_one};
pub use parsed::ParsedPhone;
pub use phone_type::PhoneType;
pub use region::Region;
pub use regions::Regions;
pub use style::Style;
pub use warm_up::warm_up;
