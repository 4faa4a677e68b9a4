//! What PostgreSQL calls: input and output, comparisons, planner support, statistics; and values as arguments.

mod analyze;
mod compare;
mod io;
mod planner;
mod sort;
mod value;

pub use io::is_the_type;
pub use value::{Value, ValueOut, array};
