//! What became of the codes that were sent: counts by region, client and range, and the rules that look at them.
//!
//! Why not entries of the rate limiter, hit when a code's time is over: the days of a fortnight, the regions of a client and
//! the sends themselves would have to be kept beside them; so all is one book, behind one lock, and decided at once.

mod book;
mod bytes;
mod judge;
mod memory;
mod outcome;
mod prefix;
mod prefixes;
mod region;
mod scope;
mod sends;
mod slots;
mod suspects;
mod traffic;
mod visits;
mod window;

pub use book::{Admitted, Attempt, Book, Head, RegionState, Verified};
pub use judge::{Cause, Known, Refused, Rules, judge};
pub use memory::{CLIENTS, Memory, RANGES, REGIONS, SENDS, VERIFIED};
pub use outcome::{Outcome, OutcomeError};
pub use prefix::{HIDDEN, Prefix};
pub use prefixes::{FEWEST_DIGITS, Range, RangeCounts};
pub use region::Region;
pub use scope::Scope;
pub use sends::{Due, Entry, NumberHash, Send, Sends, Used};
pub use slots::{Slot, SlotName};
pub use suspects::{MAX_SUSPECTS, Suspect};
pub use traffic::{ClientTraffic, RegionTraffic, Unverified};
pub use visits::{MAX_REGIONS, Visits};
pub use window::Window;
