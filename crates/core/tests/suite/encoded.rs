//! The documented bytes of an encoded diff, written down a second time: what these functions build decodes, and what they
//! alter is wrong in nothing else. Also a way to make any diff.

use std::hash::Hasher;

use pagefold_core::{Author, Base, DecodeLimits, Diff, ElementType, Operation, decode};
use twox_hash::XxHash3_64;

pub(crate) const FORMAT_VERSION_OFFSET: usize = 8;
pub(crate) const FLAGS_OFFSET: usize = 12;
pub(crate) const BASE_LENGTH_OFFSET: usize = 48;
pub(crate) const BYTE_LENGTH_OFFSET: usize = 72;
pub(crate) const ENTRY_COUNT_OFFSET: usize = 80;
pub(crate) const INDEX_BYTES_OFFSET: usize = 88;
pub(crate) const CHANGED_BYTES_OFFSET: usize = 96;
pub(crate) const STORED_BYTES_OFFSET: usize = 104;
pub(crate) const HEADER_BYTES: usize = 112;
pub(crate) const CHECKSUM_BYTES: usize = 8;

/// A diff as the format knows it, whether or not it makes sense.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) base: Base,
    pub(crate) author: Author,
    pub(crate) byte_length: u64,
    pub(crate) entries: Vec<Run>,
    pub(crate) originals: Option<Vec<u8>>,
}

/// An entry with its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) byte_offset: u64,
    pub(crate) element: ElementType,
    pub(crate) operation: Operation,
    pub(crate) exact: bool,
    pub(crate) bytes: Vec<u8>,
}

impl Sketch {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let changed: Vec<u8> = self.entries.iter().flat_map(|entry| entry.bytes.iter().copied()).collect();
        let index = self.index();
        let originals = self.originals.clone().unwrap_or_default();
        let body = [&index[..], &changed, &originals].concat();
        let mut bytes = b"PGFOLDDF".to_vec();
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(u32::from(self.originals.is_some()).to_le_bytes());
        bytes.extend(self.base.id.as_bytes());
        let numbers = [
            self.base.version,
            self.base.revision,
            self.base.byte_length,
            self.author.origin,
            self.author.sequence,
            self.byte_length,
            self.entries.len() as u64,
            index.len() as u64,
            changed.len() as u64,
            body.len() as u64,
        ];
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(body);
        bytes.extend([0; CHECKSUM_BYTES]);
        seal(&mut bytes);
        bytes
    }

    pub(crate) fn diff(&self) -> Diff {
        decode(&self.encode(), DecodeLimits::for_memory(u64::MAX)).expect("the sketch makes sense")
    }

    fn index(&self) -> Vec<u8> {
        let mut index = Vec::new();
        let mut end = 0_u64;
        for group in
            self.entries.chunk_by(|left, right| (left.element, left.operation) == (right.element, right.operation))
        {
            index.push(element_number(group[0].element));
            index.push(operation_number(group[0].operation));
            put_varint(&mut index, group.len() as u64);
            for entry in group {
                let elements = entry.bytes.len() as u64 / entry.element.byte_width();
                put_varint(&mut index, entry.byte_offset.wrapping_sub(end));
                put_varint(&mut index, elements * 2 + u64::from(entry.exact));
                end = entry.byte_offset.wrapping_add(entry.bytes.len() as u64);
            }
        }
        index
    }
}

pub(crate) fn put_varint(into: &mut Vec<u8>, number: u64) {
    let bytes = (64 - (number | 1).leading_zeros()).div_ceil(7);
    for index in 0..bytes {
        let more = if index + 1 < bytes { 0x80 } else { 0 };
        into.push(u8::try_from(number >> (7 * index) & 0x7F).expect("seven bits") | more);
    }
}

/// The numbers are part of the format, so they stand here again.
pub(crate) fn element_number(element: ElementType) -> u8 {
    match element {
        ElementType::Raw => 0,
        ElementType::Bool => 1,
        ElementType::I8 => 2,
        ElementType::U8 => 3,
        ElementType::I16 => 4,
        ElementType::U16 => 5,
        ElementType::I32 => 6,
        ElementType::U32 => 7,
        ElementType::I64 => 8,
        ElementType::U64 => 9,
        ElementType::F32 => 10,
        ElementType::F64 => 11,
    }
}

pub(crate) fn operation_number(operation: Operation) -> u8 {
    match operation {
        Operation::Overwrite => 0,
        Operation::Sum => 1,
        Operation::Subtract => 2,
        Operation::Product => 3,
        Operation::Max => 4,
        Operation::Min => 5,
        Operation::Xor => 6,
        Operation::And => 7,
        Operation::Or => 8,
        Operation::Ignore => 9,
        Operation::FirstWriter => 10,
        Operation::Conflict => 11,
    }
}

/// Computes the checksum again, so that an alteration is not noticed by it.
pub(crate) fn seal(bytes: &mut [u8]) {
    let end = bytes.len() - CHECKSUM_BYTES;
    let mut hasher = XxHash3_64::new();
    hasher.write(&bytes[..end]);
    let checksum = hasher.finish();
    bytes[end..].copy_from_slice(&checksum.to_le_bytes());
}

pub(crate) fn put(bytes: &mut [u8], offset: usize, number: u64) {
    bytes[offset..offset + 8].copy_from_slice(&number.to_le_bytes());
}
