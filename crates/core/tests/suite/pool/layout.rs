//! Where slots lie: arithmetic, for every length and number.

use pagefold_core::{ErrorKind, Layout, PageSize};
use proptest::prelude::*;

fn page_sizes() -> impl Strategy<Value = PageSize> {
    prop_oneof![Just(4096_usize), Just(16384), Just(65536)]
        .prop_map(|bytes| PageSize::new(bytes).expect("a power of two"))
}

/// Small numbers, and all others.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![0_usize..64, any::<usize>().prop_map(|number| number >> 12), any::<usize>()]
}

proptest! {
    #[test]
    fn what_is_laid_out_fits_and_keeps_apart(
        page in page_sizes(), slot_pages in lengths(), slots_max in lengths(), guard_pages in lengths(), index in any::<usize>(),
    ) {
        let bytes = |pages: usize| pages.saturating_mul(page.bytes()) & !(page.bytes() - 1);
        let (slot, guard) = (bytes(slot_pages), bytes(guard_pages));
        match Layout::with_page_size(page, slot, slots_max, guard) {
            Ok(layout) => {
                // What was asked for is what there is, and all of it has addresses.
                prop_assert_eq!(layout.slot_byte_length(), slot);
                prop_assert_eq!(layout.guard_byte_length(), guard);
                prop_assert_eq!(layout.slots_max(), slots_max);
                let total = (slot as u128 + guard as u128) * slots_max as u128;
                prop_assert_eq!(layout.byte_length() as u128, total);
                prop_assert!(isize::try_from(layout.byte_length()).is_ok());
                // Any two neighbours.
                let index = index % slots_max;
                let here = layout.slot(index).expect("there are so many");
                let behind = layout.guard(index).expect("there are so many");
                prop_assert_eq!(here.len(), slot);
                prop_assert!(page.is_aligned(here.start) && page.is_aligned(here.end));
                prop_assert_eq!((behind.start, behind.len()), (here.end, guard));
                prop_assert!(behind.end <= layout.byte_length());
                match layout.slot(index + 1) {
                    Some(next) => prop_assert_eq!(next.start, behind.end),
                    None => prop_assert_eq!((index + 1, behind.end), (slots_max, layout.byte_length())),
                }
                // Back from a byte to its slot.
                for at in [here.start, here.end - 1] {
                    prop_assert_eq!(layout.slot_at(at), Some(index));
                }
                for at in [behind.start, behind.end.wrapping_sub(1)].into_iter().filter(|_| guard > 0) {
                    prop_assert_eq!(layout.slot_at(at), None);
                }
            }
            Err(error) => {
                let total = (slot as u128 + guard as u128).saturating_mul(slots_max as u128);
                let fits = total <= isize::MAX as u128;
                prop_assert!(slot == 0 || slots_max == 0 || slots_max > 65_536 || !fits, "{}", error);
                prop_assert_eq!(error.kind(), ErrorKind::OutOfRange);
            }
        }
    }

    #[test]
    fn a_byte_is_in_one_slot_or_in_none(
        page in page_sizes(), slot_pages in 1_usize..9, slots_max in 1_usize..9, guard_pages in 0_usize..3, part in any::<usize>(),
    ) {
        let layout = Layout::with_page_size(page, slot_pages * page.bytes(), slots_max, guard_pages * page.bytes())
            .expect("it is small");
        let byte_offset = part % (2 * layout.byte_length());
        let in_slots: Vec<usize> =
            (0..slots_max).filter(|index| layout.slot(*index).is_some_and(|slot| slot.contains(&byte_offset))).collect();
        prop_assert!(in_slots.len() <= 1);
        prop_assert_eq!(layout.slot_at(byte_offset), in_slots.first().copied());
        prop_assert_eq!(layout.slot(slots_max), None);
        prop_assert_eq!(layout.guard(slots_max), None);
    }

    #[test]
    fn lengths_that_are_no_pages_are_refused(page in page_sizes(), bytes in any::<usize>()) {
        prop_assume!(!page.is_aligned(bytes));
        for (slot, guard) in [(bytes, 0), (page.bytes(), bytes)] {
            let error = Layout::with_page_size(page, slot, 1, guard).expect_err("refused");
            prop_assert_eq!(error.kind(), ErrorKind::Unaligned);
        }
    }
}
