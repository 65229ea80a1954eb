//! Adding what a view has counted to what others have, beside a loop over slices of numbers.

use std::fmt::Debug;
use std::hint::black_box;
use std::rc::Rc;

use pagefold_core::{Diff, DiffOptions, ElementType, MergeRegion, MergeRules, Operation, apply};

use super::case::{Case, Subject, same, words};
use super::noise::Noise;

/// As many bytes as the 1638 pages of the other cases.
const BYTE_LENGTH: usize = 1638 * 4096;

/// An array: in the base, in the view, and in the target, which others have changed.
#[derive(Debug)]
struct Arrays<N> {
    base: Vec<N>,
    updated: Vec<N>,
    state: Vec<N>,
    expected: Vec<N>,
    to_bytes: fn(&[N]) -> Vec<u8>,
}

pub(crate) fn of_f64() -> Result<Case, String> {
    let base = numbers(|noise| f64::from(u32::try_from(noise.below(1 << 20)).unwrap_or(0)) / 8.0, 8);
    let more = |values: &[f64], step: f64| values.iter().map(|value| value + step).collect::<Vec<_>>();
    let (updated, state) = (more(&base, 1.5), more(&base, 2.25));
    let expected = base.iter().zip(&updated).zip(&state).map(|((o, u), s)| s + (u - o)).collect();
    let to_bytes = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let arrays = Arrays { base, updated, state, expected, to_bytes };
    case(arrays, ElementType::F64, |state, base, updated| {
        for ((s, o), u) in state.iter_mut().zip(base).zip(updated) {
            *s += u - o;
        }
    })
}

pub(crate) fn of_i32() -> Result<Case, String> {
    let base = numbers(|noise| i32::try_from(noise.below(1 << 30)).unwrap_or(0), 4);
    let more = |values: &[i32], step: i32| values.iter().map(|value| value.wrapping_add(step)).collect::<Vec<_>>();
    let (updated, state) = (more(&base, 77), more(&base, i32::MAX));
    let sum = |((o, u), s): ((&i32, &i32), &i32)| s.wrapping_add(u.wrapping_sub(*o));
    let expected = base.iter().zip(&updated).zip(&state).map(sum).collect();
    let to_bytes = |values: &[i32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let arrays = Arrays { base, updated, state, expected, to_bytes };
    case(arrays, ElementType::I32, |state, base, updated| {
        for ((s, o), u) in state.iter_mut().zip(base).zip(updated) {
            *s = s.wrapping_add(u.wrapping_sub(*o));
        }
    })
}

fn numbers<N>(mut one: impl FnMut(&mut Noise) -> N, width: usize) -> Vec<N> {
    let mut noise = Noise::new(2);
    (0..BYTE_LENGTH / width).map(|_| one(&mut noise)).collect()
}

fn case<N: Copy + PartialEq + Debug + 'static>(
    arrays: Arrays<N>,
    element: ElementType,
    add: fn(&mut [N], &[N], &[N]),
) -> Result<Case, String> {
    let to_bytes = arrays.to_bytes;
    let [base, updated, state, expected] =
        [&arrays.base, &arrays.updated, &arrays.state, &arrays.expected].map(|values| to_bytes(values));
    let region = MergeRegion { byte_offset: 0, byte_length: None, element, operation: Operation::Sum };
    let rules = MergeRules::new(BYTE_LENGTH as u64, Operation::Overwrite).and_then(|rules| rules.with([region]));
    let diff = Diff::between(&base, &updated, &rules.map_err(words)?, DiffOptions::default()).map_err(words)?;
    let arrays = Rc::new(arrays);
    Ok(Case::of(vec![
        Box::new(Loop { target: arrays.state.clone(), arrays, add }),
        Box::new(Applying { target: state.clone(), diff, base, state, expected }),
    ]))
}

#[derive(Debug)]
struct Loop<N> {
    arrays: Rc<Arrays<N>>,
    target: Vec<N>,
    add: fn(&mut [N], &[N], &[N]),
}

impl<N: Copy + PartialEq + Debug> Subject for Loop<N> {
    fn name(&self) -> String {
        "plain loop".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        self.target.copy_from_slice(&self.arrays.state);
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        (self.add)(&mut self.target, &self.arrays.base, &self.arrays.updated);
        black_box(&mut self.target);
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        if self.target == self.arrays.expected { Ok(()) } else { Err("the sums are others".to_owned()) }
    }
}

#[derive(Debug)]
struct Applying {
    diff: Diff,
    base: Vec<u8>,
    state: Vec<u8>,
    expected: Vec<u8>,
    target: Vec<u8>,
}

impl Subject for Applying {
    fn name(&self) -> String {
        "apply".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        self.target.copy_from_slice(&self.state);
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        apply(&self.diff, &self.base.as_slice(), &mut self.target).map(drop).map_err(words)
    }

    fn check(&mut self) -> Result<(), String> {
        same(&self.target, &self.expected)
    }
}
