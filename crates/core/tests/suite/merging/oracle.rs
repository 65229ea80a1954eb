//! Merging as the documentation puts it: element by element over whole memories, with numbers wide enough for anything.

use pagefold_core::{Author, Base, Coverage, Diff, ElementType, ErrorKind, MergeRules, Operation};

use crate::encoded::{Run, Sketch};

/// What a merge of these memories, in this order, must give.
pub(super) fn merged(base: &[u8], rules: &MergeRules, memories: &[&[u8]]) -> Result<Vec<u8>, ErrorKind> {
    let byte_length = memories.iter().map(|memory| memory.len()).fold(base.len(), usize::max);
    let mut state = padded(base, byte_length);
    let original = state.clone();
    for coverage in rules.coverage(0..byte_length as u64) {
        for unit in units(&coverage, byte_length) {
            let mut touched = false;
            for memory in memories.iter().filter(|memory| memory.len() >= unit.end) {
                let (o, u) = (&original[unit.clone()], &memory[unit.clone()]);
                if o == u || coverage.operation == Operation::Ignore {
                    continue;
                }
                let in_tail = unit.start >= base.len();
                let m = one(&coverage, &state[unit.clone()], o, u, touched, in_tail)?;
                state[unit.clone()].copy_from_slice(&m);
                touched = true;
            }
        }
    }
    Ok(state)
}

/// One change of one element.
fn one(kind: &Coverage, s: &[u8], o: &[u8], u: &[u8], later: bool, in_tail: bool) -> Result<Vec<u8>, ErrorKind> {
    use Operation as Op;
    let first_as_it_is = in_tail || !matches!(kind.operation, Op::Max | Op::Min | Op::And | Op::Or);
    let logical = matches!(kind.operation, Op::Xor | Op::And | Op::Or);
    if kind.element == ElementType::Bool && logical {
        let [s, o, u] = [s, o, u].map(|value| value[0] != 0);
        let m = match kind.operation {
            _ if !later && first_as_it_is => u,
            Op::Xor => s ^ (o ^ u),
            Op::And => s & u,
            _ => s | u,
        };
        return Ok(vec![u8::from(m)]);
    }
    if !later && first_as_it_is {
        return Ok(u.to_vec());
    }
    match kind.operation {
        Op::Overwrite => Ok(u.to_vec()),
        Op::FirstWriter => Ok(s.to_vec()),
        Op::Conflict => Err(ErrorKind::MergeConflict),
        Op::Xor => Ok((0..s.len()).map(|at| s[at] ^ (o[at] ^ u[at])).collect()),
        Op::And => Ok((0..s.len()).map(|at| s[at] & u[at]).collect()),
        Op::Or => Ok((0..s.len()).map(|at| s[at] | u[at]).collect()),
        Op::Ignore => unreachable!("ignored changes come to nothing before"),
        _ if matches!(kind.element, ElementType::F32 | ElementType::F64) => float(kind, s, o, u),
        _ => integer(kind, s, o, u),
    }
}

fn integer(kind: &Coverage, s: &[u8], o: &[u8], u: &[u8]) -> Result<Vec<u8>, ErrorKind> {
    use ElementType::{I8, I16, I32, I64};
    let signed = matches!(kind.element, I8 | I16 | I32 | I64);
    let value = |bytes: &[u8]| {
        let fill = if signed && bytes[bytes.len() - 1] & 0x80 != 0 { 0xFF } else { 0 };
        let mut wide = [fill; 16];
        wide[..bytes.len()].copy_from_slice(bytes);
        i128::from_le_bytes(wide)
    };
    let [left, base, right] = [s, o, u].map(value);
    let m = match kind.operation {
        Operation::Sum => left + (right - base),
        Operation::Subtract => left - (base - right),
        Operation::Max => left.max(right),
        Operation::Min => left.min(right),
        // Of unsigned 64-bit numbers the product needs the sign bit as well.
        Operation::Product if !signed => {
            let [left, base, right] = [left, base, right].map(i128::unsigned_abs);
            if base == 0 || left * right % base != 0 {
                return Err(ErrorKind::ProductUndefined);
            }
            return Ok((left * right / base).to_le_bytes()[..s.len()].to_vec());
        }
        _ => {
            if base == 0 || left * right % base != 0 {
                return Err(ErrorKind::ProductUndefined);
            }
            left * right / base
        }
    };
    Ok(m.to_le_bytes()[..s.len()].to_vec())
}

fn float(kind: &Coverage, s: &[u8], o: &[u8], u: &[u8]) -> Result<Vec<u8>, ErrorKind> {
    let value = |bytes: &[u8]| match *bytes {
        [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
        _ => f64::from_le_bytes(bytes.try_into().expect("eight bytes")),
    };
    let [left, base, right] = [s, o, u].map(value);
    let m = match kind.operation {
        Operation::Sum => left + (right - base),
        Operation::Subtract => left - (base - right),
        Operation::Product if base == 0.0 || base.is_nan() || base.is_infinite() => {
            return Err(ErrorKind::ProductUndefined);
        }
        Operation::Product => left * (right / base),
        Operation::Max => -math_min(-left, -right),
        _ => math_min(left, right),
    };
    #[expect(clippy::cast_possible_truncation, reason = "the one rounding")]
    Ok(match (kind.element, m.is_nan()) {
        (ElementType::F32, true) => 0x7FC0_0000_u32.to_le_bytes().to_vec(),
        (ElementType::F32, false) => (m as f32).to_le_bytes().to_vec(),
        (_, true) => 0x7FF8_0000_0000_0000_u64.to_le_bytes().to_vec(),
        (_, false) => m.to_le_bytes().to_vec(),
    })
}

/// As `Math.min`: NaN wins, and -0 is less than +0.
fn math_min(left: f64, right: f64) -> f64 {
    match left.partial_cmp(&right) {
        None => f64::NAN,
        Some(std::cmp::Ordering::Less) => left,
        Some(std::cmp::Ordering::Greater) => right,
        Some(std::cmp::Ordering::Equal) => {
            if left.is_sign_negative() {
                left
            } else {
                right
            }
        }
    }
}

/// A diff of a memory, made element by element. Runs that up to `gap` equal elements separate are one.
pub(super) fn diff_of(
    base: &[u8],
    memory: &[u8],
    rules: &MergeRules,
    origin: u64,
    gap: usize,
    originals: bool,
) -> Diff {
    let original = padded(base, memory.len());
    let mut entries: Vec<Run> = Vec::new();
    for coverage in rules.coverage(0..memory.len() as u64) {
        let mut open: Option<(usize, Run)> = None;
        for unit in units(&coverage, memory.len()) {
            if coverage.operation == Operation::Ignore || original[unit.clone()] == memory[unit.clone()] {
                continue;
            }
            match &mut open {
                Some((end, run)) if unit.start - *end <= gap => {
                    run.exact &= unit.start == *end;
                    run.bytes.extend_from_slice(&memory[*end..unit.end]);
                    *end = unit.end;
                }
                _ => {
                    entries.extend(open.take().map(|(_, run)| run));
                    let (element, operation) = (coverage.element, coverage.operation);
                    let bytes = memory[unit.clone()].to_vec();
                    let run = Run { byte_offset: unit.start as u64, element, operation, exact: true, bytes };
                    open = Some((unit.end, run));
                }
            }
        }
        entries.extend(open.map(|(_, run)| run));
    }
    let places = entries.iter().flat_map(|entry| {
        let start = usize::try_from(entry.byte_offset).expect("memories are small");
        &original[start..start + entry.bytes.len()]
    });
    let originals = originals.then(|| places.copied().collect());
    Sketch {
        base: Base { id: Default::default(), version: 0, revision: 0, byte_length: base.len() as u64 },
        author: Author { origin, sequence: 0 },
        byte_length: memory.len() as u64,
        entries,
        originals,
    }
    .diff()
}

/// The elements that are whole within so many bytes.
fn units(coverage: &Coverage, byte_length: usize) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
    let start = usize::try_from(coverage.byte_offset).expect("memories are small");
    let width = usize::try_from(coverage.element.byte_width()).expect("elements are small");
    let end =
        usize::try_from(coverage.byte_offset + coverage.byte_length).expect("memories are small").min(byte_length);
    (start..end).step_by(width).map(move |at| at..at + width).filter(move |unit| unit.end <= end)
}

pub(super) fn padded(bytes: &[u8], byte_length: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(byte_length.max(bytes.len()), 0);
    bytes
}

/// What applying the diff of a memory to a target must give: what the target has changed counts as an earlier diff's.
pub(super) fn applied(base: &[u8], rules: &MergeRules, memory: &[u8], target: &[u8]) -> Result<Vec<u8>, ErrorKind> {
    let original = padded(base, memory.len());
    let mut state = target.to_vec();
    for coverage in rules.coverage(0..memory.len() as u64) {
        for unit in units(&coverage, memory.len()) {
            let (s, o, u) = (&target[unit.clone()], &original[unit.clone()], &memory[unit.clone()]);
            if o != u && coverage.operation != Operation::Ignore {
                let m = one(&coverage, s, o, u, s != o, unit.start >= base.len())?;
                state[unit].copy_from_slice(&m);
            }
        }
    }
    Ok(state)
}
