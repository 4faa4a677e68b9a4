//! Records of decisions, without numbers: where shared memory counts, they are gathered there and a background task writes them;
//! else they are written at once, as part of the transaction.

mod area;
mod cleanup;
mod flush;
mod forget;
mod record;
mod write;

pub use area::DECISIONS;
pub use area::{all, lost, own_owner};
pub use cleanup::DeleteRecords;
pub use flush::{WriteDecisions, take};
pub use forget::forget_number;
pub use record::Record;
pub use write::note;
