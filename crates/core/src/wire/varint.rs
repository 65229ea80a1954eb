//! Numbers in as few bytes as they need: seven bits in each, the low ones first, the top bit set in all but the last.

use crate::error::Result;

use super::corrupt;

/// Appends a number.
pub(super) fn put(into: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = number.to_le_bytes()[0];
        number >>= 7;
        if number == 0 {
            into.push(low & 0x7F);
            return;
        }
        into.push(low | 0x80);
    }
}

/// Takes a number from the front. There is one way to write each: no needless zeros, nothing past 64 bits.
pub(super) fn take(from: &mut &[u8]) -> Result<u64> {
    let mut number = 0_u64;
    for (index, byte) in from.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            if (*byte == 0 && index > 0) || (index == 9 && *byte > 1) {
                return Err(corrupt("a number is written in no allowed way"));
            }
            *from = &from[index + 1..];
            return Ok(number);
        }
    }
    Err(corrupt("a number does not end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 300, 16_383, 16_384, u64::from(u32::MAX), u64::MAX >> 1, u64::MAX] {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            bytes.push(7);
            let mut rest = &bytes[..];
            assert_eq!(take(&mut rest).expect("it was just written"), number);
            assert_eq!(rest, [7]);
        }
    }

    #[test]
    fn other_ways_of_writing_a_number_are_refused() {
        let too_large = [&[0xFF; 9][..], &[2]].concat();
        for bytes in [&[][..], &[0x80], &[0x80, 0], &[0xFF, 0x80, 0], &[0x80; 11], &too_large] {
            take(&mut { bytes }).expect_err("refused");
        }
    }
}
