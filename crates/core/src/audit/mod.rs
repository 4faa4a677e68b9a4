//! The audit log, without PostgreSQL: its records, the Merkle tree over them, proofs, and signed checkpoints.
//!
//! A [`Record`] has canonical bytes, whose hash is a leaf of the tree (RFC 6962 §2.1). A [`Checkpoint`] says how large the
//! tree is and what its root is, and is signed as a C2SP signed note. Whoever has kept one can verify, without any secret,
//! that a later tree contains the earlier one.

mod batch;
mod checkpoint;
mod frontier;
mod label;
mod note;
mod proof;
mod record;
mod stay;
mod tile;
mod tree_hash;
mod verify;

pub use batch::{Batch, batch_records};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use frontier::{Frontier, FrontierError};
pub use label::{MAX_LABEL, label};
pub use note::{Note, NoteError, NoteKey, NoteSigner, SIGNATURE_START, SignatureCheck};
pub use proof::{LeafHashes, consistency_proof, inclusion_proof, root};
pub use record::{Class, Classes, ClassesError, Field, HEAD, Record, RecordError, fields_json};
pub use stay::{AfterWrite, Stay, StayRule};
pub use tile::{TILE, tile_bytes, tile_hashes, tile_root};
pub use tree_hash::{EMPTY_ROOT, HASH, Hash, leaf_hash, node_hash};
pub use verify::{verify_consistency, verify_inclusion};
