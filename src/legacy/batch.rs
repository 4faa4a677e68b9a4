//! What a batch is asked to do.
use crate::pg::TupleId;

/// Which rows of a table are meant. A row without an id is of no kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    /// `phone:…`.
    pub phones: bool,
    /// `phone_hash:…`.
    pub hashes: bool,
    /// Whatever else there is, such as `192.168.1.1:outbound_call`.
    pub others: bool,
}

/// A portion of a pass through a table.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// Rows up to here were met before in this pass.
    pub after: TupleId,
    /// Rows from here on came after the pass began.
    pub until: TupleId,
    /// How many rows at most.
    pub size: i64,
    /// The rows that are meant.
    pub kinds: Kinds,
    /// Whether to look up every key, also those that the table does not seem to have.
    pub looks_up_all: bool,
    /// The length of a window, in microseconds.
    pub window_us: i64,
    /// The moment that decides which windows are over, in microseconds since 1970.
    pub as_of_us: i64,
}
