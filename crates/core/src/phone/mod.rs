//! Phone numbers: parsing, normalisation to E.164 (ITU-T E.164), formatting and masking.
//!
//! [`normalize`] is the way in for everything that is encrypted, hashed or looked up. `screen/`
//! looks at a text before it is parsed, and `reading.rs` refuses what may be no number. `rule.rs` holds the
//! order of the meanings that a text can have under a list of regions; `typed.rs` how a text begins,
//! `international.rs` numbers with `+`, `dialled.rs` what a call abroad drops of the digits typed,
//! `renumbered.rs` and `equivalents.rs` what earlier numbering plans left behind. `fast_path.rs` is
//! the shortcut for numbers that are E.164 already, `plan.rs` their region and type, `us_prefix_repair.rs` what the legacy web application made
//! of numbers. `time_zones.rs` tells where on the clock a number may be. `library.rs` holds the parser.

mod calling_code;
mod dialled;
mod e164;
mod equivalents;
mod error;
mod fast_path;
mod international;
mod library;
mod mask;
mod mask_e164;
mod metadata_version;
mod normalize;
mod parsed;
mod phone_type;
mod plan;
mod reading;
mod region;
mod regions;
mod renumbered;
mod rule;
mod screen;
mod style;
mod time_zones;
mod typed;
mod us_prefix_repair;
mod warm_up;

pub use e164::E164;
pub use equivalents::{equivalents, equivalents_of};
pub use error::{MAX_INPUT_BYTES, PhoneError, RegionsError, StyleError};
pub use fast_path::is_e164;
pub use mask::mask;
pub use mask_e164::mask_e164;
pub use metadata_version::METADATA_VERSION;
pub use normalize::{is_possible, is_valid, normalize, normalize_noting_more, parse, parse_one};
pub use parsed::ParsedPhone;
pub use phone_type::PhoneType;
pub use plan::Plan;
pub use reading::split;
pub use region::Region;
pub use regions::Regions;
pub use style::Style;
pub use us_prefix_repair::{UsPrefixError, UsPrefixRepair, repair_us_prefix};
pub use warm_up::warm_up;
