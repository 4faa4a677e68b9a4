//! What is observed, of all databases, in shared memory.

use phone_crypt_core::sending::observed::Memory;

use crate::shared_zeroed_static;

shared_zeroed_static! { pub OBSERVED: Memory = c"phone_crypt sends observed"; }
