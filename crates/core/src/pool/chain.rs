//! Lists of slots that cost no memory of their own: each slot holds the indices of its neighbours.

use crate::error::{Error, ErrorKind, Result};

/// No slot.
const NONE: u32 = u32::MAX;

/// Neighbours of one slot in the list that it is in.
#[derive(Debug, Clone, Copy)]
struct Link {
    previous: u32,
    next: u32,
}

/// The neighbours of every slot. A slot is in at most one of the lists that are made of the same links.
#[derive(Debug)]
pub(super) struct Links(Box<[Link]>);

/// A list: its two ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chain {
    first: u32,
    last: u32,
    count: usize,
}

impl Links {
    /// Of slots that are in no list.
    ///
    /// # Errors
    /// `OutOfMemory` when there is no room.
    pub(super) fn new(slots: usize) -> Result<Self> {
        let mut links = Vec::new();
        links.try_reserve_exact(slots).map_err(|_| no_room(slots))?;
        links.resize(slots, Link { previous: NONE, next: NONE });
        Ok(Self(links.into_boxed_slice()))
    }
}

pub(super) fn no_room(slots: usize) -> Error {
    Error::new(ErrorKind::OutOfMemory, format!("there is no memory for a list of {slots} slots"))
}

impl Chain {
    pub(super) const EMPTY: Self = Self { first: NONE, last: NONE, count: 0 };

    pub(super) const fn count(&self) -> usize {
        self.count
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) const fn first(&self) -> Option<usize> {
        index(self.first)
    }

    pub(super) const fn last(&self) -> Option<usize> {
        index(self.last)
    }

    /// Appends a slot that is in no list of these links.
    pub(super) fn push_last(&mut self, links: &mut Links, slot: usize) {
        let number = number(slot);
        links.0[slot] = Link { previous: self.last, next: NONE };
        match self.last() {
            Some(last) => links.0[last].next = number,
            None => self.first = number,
        }
        self.last = number;
        self.count += 1;
    }

    /// Puts a slot that is in no list of these links before all others.
    pub(super) fn push_first(&mut self, links: &mut Links, slot: usize) {
        let number = number(slot);
        links.0[slot] = Link { previous: NONE, next: self.first };
        match self.first() {
            Some(first) => links.0[first].previous = number,
            None => self.last = number,
        }
        self.first = number;
        self.count += 1;
    }

    /// Takes out a slot that is in this list.
    pub(super) fn remove(&mut self, links: &mut Links, slot: usize) {
        let Link { previous, next } = links.0[slot];
        match index(previous) {
            Some(previous) => links.0[previous].next = next,
            None => self.first = next,
        }
        match index(next) {
            Some(next) => links.0[next].previous = previous,
            None => self.last = previous,
        }
        self.count -= 1;
    }
}

const fn index(number: u32) -> Option<usize> {
    if number == NONE { None } else { Some(number as usize) }
}

fn number(slot: usize) -> u32 {
    u32::try_from(slot).expect("a layout has fewer slots")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(chain: &Chain, links: &Links) -> Vec<usize> {
        let forwards: Vec<usize> = std::iter::successors(chain.first(), |slot| index(links.0[*slot].next)).collect();
        let mut backwards: Vec<usize> =
            std::iter::successors(chain.last(), |slot| index(links.0[*slot].previous)).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
        assert_eq!(forwards.len(), chain.count());
        forwards
    }

    #[test]
    fn slots_come_and_go_at_any_place() {
        let mut links = Links::new(5).expect("there is room");
        let mut chain = Chain::EMPTY;
        for slot in [2, 3, 4] {
            chain.push_last(&mut links, slot);
        }
        chain.push_first(&mut links, 0);
        assert_eq!(slots(&chain, &links), [0, 2, 3, 4]);
        for (gone, left) in [(3, vec![0, 2, 4]), (4, vec![0, 2]), (0, vec![2]), (2, vec![])] {
            chain.remove(&mut links, gone);
            assert_eq!(slots(&chain, &links), left);
        }
        assert!(chain.is_empty());
        chain.push_first(&mut links, 1);
        assert_eq!((chain.first(), chain.last()), (Some(1), Some(1)));
    }

    #[test]
    fn two_lists_share_their_links() {
        let mut links = Links::new(4).expect("there is room");
        let (mut even, mut odd) = (Chain::EMPTY, Chain::EMPTY);
        for slot in 0..4 {
            let chain = if slot % 2 == 0 { &mut even } else { &mut odd };
            chain.push_last(&mut links, slot);
        }
        even.remove(&mut links, 0);
        odd.push_first(&mut links, 0);
        assert_eq!((slots(&even, &links), slots(&odd, &links)), (vec![2], vec![0, 1, 3]));
    }
}
