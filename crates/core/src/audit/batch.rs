//! Batches: how the log stores records that follow each other. Who reads one number a transaction makes the same record each time, but
//! for its number and its time: then the fields are stored once.
//!
//! The number of records (4 bytes, big-endian); then for each its time (8 bytes), the length of its fields (4 bytes) and the fields, or
//! instead of a length `AS` plus the position of an earlier record in the batch whose fields are the same.

use std::collections::HashMap;

use super::record::{Record, RecordError};
use super::tile::TILE;

/// From here on, what stands for a length is a position.
const AS: u32 = 1 << 31;
/// A batch that has so many bytes takes no more records: one fits into a page.
const FULL: usize = 7_000;

/// The longest batch that is read: far more than one that is full. Without a bound, fields that are stored once and meant many times
/// would be memory without end.
const LONGEST: usize = 1 << 16;

/// A batch that is being made.
pub struct Batch<'a> {
    bytes: Vec<u8>,
    known: HashMap<&'a [u8], u32>,
    /// The last fields, and the position of the record that has them: mostly the next ones are the same.
    last: Option<(&'a [u8], u32)>,
    count: u32,
}

impl<'a> Batch<'a> {
    /// None yet.
    #[must_use]
    pub fn new() -> Batch<'a> {
        Batch {
            bytes: vec![0; 4],
            known: HashMap::new(),
            last: None,
            count: 0,
        }
    }

    /// Adds a record: the one after the last.
    pub fn push(&mut self, time_us: i64, fields: &'a [u8]) {
        self.bytes.extend_from_slice(&time_us.to_be_bytes());
        let known = match self.last {
            Some((last, position)) if last == fields => Some(position),
            _ => self.known.get(fields).copied(),
        };
        match known {
            Some(position) => self.bytes.extend((AS | position).to_be_bytes()),
            None => {
                let len = fields.len() as u32;
                self.bytes.extend_from_slice(&len.to_be_bytes());
                self.bytes.extend_from_slice(fields);
                self.known.insert(fields, self.count);
            }
        }
        self.last = Some((fields, known.unwrap_or(self.count)));
        self.count += 1;
    }

    /// Whether it ends here: the last record, of this number, is the last of a tile, or there is no room for another one.
    #[must_use]
    pub fn is_full(&self, last: u64) -> bool {
        (last + 1).is_multiple_of(TILE) || self.bytes.len() >= FULL
    }

    /// Whether there is no record in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Its bytes; afterwards there is none in it.
    pub fn take(&mut self) -> Vec<u8> {
        let mut batch = std::mem::take(self);
        batch.bytes[..4].copy_from_slice(&batch.count.to_be_bytes());
        batch.bytes
    }
}

impl Default for Batch<'_> {
    fn default() -> Self {
        Batch::new()
    }
}

/// The records of a batch, given the number of its last one.
///
/// # Errors
/// The bytes are no batch.
pub fn batch_records(last: u64, batch: &[u8]) -> Result<Vec<Record<'_>>, RecordError> {
    let (count, mut rest) = batch.split_first_chunk().ok_or(RecordError)?;
    let count = u64::from(u32::from_be_bytes(*count));
    if batch.len() > LONGEST || count > TILE {
        return Err(RecordError);
    }
    let after_last = last.checked_add(1).ok_or(RecordError)?;
    let first = after_last.checked_sub(count).ok_or(RecordError)?;
    let mut records: Vec<Record<'_>> = Vec::new();
    for seq in first..=last {
        let (time, after) = rest.split_first_chunk().ok_or(RecordError)?;
        let (len, after) = after.split_first_chunk().ok_or(RecordError)?;
        let len = u32::from_be_bytes(*len);
        let fields = match len & AS {
            0 => {
                let (fields, after) = after.split_at_checked(len as usize).ok_or(RecordError)?;
                rest = after;
                fields
            }
            _ => {
                rest = after;
                let earlier = records.get((len ^ AS) as usize).ok_or(RecordError)?;
                earlier.fields
            }
        };
        records.push(Record {
            seq,
            time_us: i64::from_be_bytes(*time),
            fields,
        });
    }
    match rest.is_empty() {
        true => Ok(records),
        false => Err(RecordError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(last: u64, bytes: &[u8]) -> Vec<(u64, i64, Vec<u8>)> {
        let records = batch_records(last, bytes).unwrap();
        let plain = |it: Record<'_>| (it.seq, it.time_us, it.fields.to_vec());
        records.into_iter().map(plain).collect()
    }

    #[test]
    fn what_went_in_comes_out_and_is_stored_once() {
        let mut batch = Batch::new();
        let fields: [&[u8]; 5] = [b"{\"a\":1}", b"{}", b"{\"a\":1}", b"{}", b""];
        for (place, fields) in fields.into_iter().enumerate() {
            batch.push(place as i64 - 2, fields);
        }
        let bytes = batch.take();
        assert_eq!(bytes.len(), 4 + 5 * 12 + 7 + 2);
        let expected: Vec<_> = (0..5)
            .map(|n| (100 + n as u64, n as i64 - 2, fields[n].to_vec()))
            .collect();
        assert_eq!(unpacked(104, &bytes), expected);
        assert!(batch.is_empty());
        batch.push(7, b"{}");
        assert_eq!(unpacked(0, &batch.take()), [(0, 7, b"{}".to_vec())]);
    }

    #[test]
    fn it_ends_with_its_tile_and_with_the_room() {
        let mut batch = Batch::new();
        batch.push(0, b"{}");
        assert!(!batch.is_full(254));
        assert!(batch.is_full(255));
        let long = vec![b' '; FULL];
        batch.push(0, &long);
        assert!(batch.is_full(1));
    }

    #[test]
    fn other_bytes_are_no_batch() {
        let mut batch = Batch::new();
        batch.push(1, b"{}");
        batch.push(2, b"{}");
        let bytes = batch.take();
        for len in 0..bytes.len() {
            assert!(batch_records(9, &bytes[..len]).is_err(), "{len}");
        }
        assert!(batch_records(0, &bytes).is_err(), "more than there can be");
        assert!(batch_records(9, &[&bytes[..], b" "].concat()).is_err());
        let mut later = bytes.clone();
        *later.last_mut().unwrap() = 1;
        assert!(batch_records(9, &later).is_err(), "the same as itself");
        assert!(batch_records(9, &[0xff; 40]).is_err());
        assert!(batch_records(u64::MAX, &bytes).is_err());
    }

    #[test]
    fn what_is_read_is_bounded() {
        let of = |count: u64, len: usize| {
            let mut batch = Batch::new();
            let fields = vec![b' '; len];
            for _ in 0..count {
                batch.push(0, &fields);
            }
            batch.take()
        };
        assert!(batch_records(1000, &of(TILE, 2)).is_ok());
        assert!(batch_records(1000, &of(TILE + 1, 2)).is_err());
        assert!(batch_records(1000, &of(1, LONGEST - 16)).is_ok());
        assert!(batch_records(1000, &of(1, LONGEST - 15)).is_err());
    }
}
