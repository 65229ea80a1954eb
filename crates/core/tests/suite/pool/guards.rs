//! What lies between two slots can be written by mistake, and is noticed.

use pagefold_core::{Pool, page_size};

use super::slots::{acquire, assert_clean, filled, options, trackers, write, write_through_the_buffer};
use crate::process_facts::resident_pages;

#[test]
fn a_write_past_the_end_is_noticed_and_undone() {
    for kind in trackers() {
        let page = page_size().bytes();
        let mut options = options(kind, 4, 2);
        options.guard_byte_length = 3 * page;
        let pool = Pool::new(options, Some(filled(4, 1))).expect("there is room");
        let (one, two) = (acquire(&pool, 0), acquire(&pool, 1));
        for (round, byte_offset) in [(1, 4 * page), (2, 5 * page + 7), (3, 7 * page - 1)] {
            let lease = if round == 1 { one } else { acquire(&pool, 0) };
            pool.mark_used(lease).expect("the lease is good");
            write_through_the_buffer(&pool, byte_offset, &[7]);
            pool.release_clean(lease).expect("the lease is good");
            assert_eq!(pool.stats().overruns, round, "{kind}");
            assert_eq!(resident_pages(pool.memory().start() + 4 * page, 3), 0, "{kind}");
        }
        let lease = acquire(&pool, 0);
        write(&pool, lease, 0, b"well behaved");
        pool.release_clean(lease).expect("the lease is good");
        assert_eq!(pool.stats().overruns, 3, "{kind}");
        assert_clean(&pool, two, "the neighbour");
        assert_clean(&pool, acquire(&pool, 0), "the slot itself");
    }
}
