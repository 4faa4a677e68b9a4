//! Keys, encrypted values and keyed hashes.
