//! What became of the codes that were sent, and the rules that look at it. The counts and the rules are in core
//! (`crates/core/src/sending/observed`); here is where they are kept: in shared memory (`memory.rs`), or where the table engine
//! is in force in tables (`table.rs`), by the same counts and rules.

mod area;
mod engine;
mod entered;
mod memory;
mod observed_area;
mod report;
mod shown;
mod shutdown_file;
mod store;
mod table;
mod write;

pub use engine::{Decision, forget, reserve};
pub use observed_area::ObservedArea;
pub use report::{report, report_number};
pub use shown::{extension_schema, regions, suspects};
pub use write::WriteObserved;
