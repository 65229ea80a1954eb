//! What every tracker promises, run against each of them.

mod baselines;
mod contents;
mod cycles;
mod faults;
mod gaps;
mod growth;
mod guards;
mod kernel_writes;
pub(crate) mod mapping;
mod model;
mod refusals;
mod residency;
mod sparse;
mod writes;

use pagefold_core::TrackerKind;

use crate::guest;

/// Runs each case once for each tracker: a test of its own, named `tracker::area::case`.
macro_rules! for_each_tracker {
    ($($area:ident: $($case:ident),+;)+) => {
        mod uffd_wp {
            $(mod $area { $(#[test] fn $case() {
                super::super::on(pagefold_core::TrackerKind::UffdWp, super::super::$area::$case);
            })+})+
        }
        mod cow_private {
            $(mod $area { $(#[test] fn $case() {
                super::super::on(pagefold_core::TrackerKind::CowPrivate, super::super::$area::$case);
            })+})+
        }
        mod pagemap_read {
            $(mod $area { $(#[test] fn $case() {
                super::super::on(pagefold_core::TrackerKind::PagemapRead, super::super::$area::$case);
            })+})+
        }
        mod compare {
            $(mod $area { $(#[test] fn $case() {
                super::super::on(pagefold_core::TrackerKind::Compare, super::super::$area::$case);
            })+})+
        }
    };
}

for_each_tracker! {
    writes:
        nothing_is_dirty_after_a_snapshot, reads_do_not_count, each_written_page_is_reported_exactly,
        first_and_last_page, nothing_is_dirty_after_a_reset, alternating_pages_520, alternating_pages_2000,
        dirty_twice_gives_the_same, a_write_after_dirty_is_not_lost, a_written_zero_page_is_put_back,
        every_page_at_once;
    kernel_writes:
        read_into_the_memory_is_recorded, read_into_a_hole_is_recorded;
    baselines:
        a_second_snapshot_replaces_the_first, a_smaller_snapshot_leaves_zeros_behind_it,
        no_byte_of_an_earlier_image_shows, images_of_every_place_and_length, a_view_goes_back_and_forth,
        two_views_share_one_snapshot, a_baseline_outlives_its_snapshot_handle, the_last_page_used_in_part;
    growth:
        a_grown_tail_is_zero_after_reset, growth_inside_the_last_page, growth_between_dirty_and_reset,
        a_snapshot_of_the_grown_memory_keeps_the_tail, repeated_growth;
    cycles:
        two_hundred_cycles_against_an_oracle, a_thousand_cycles_of_every_kind, a_shrinking_working_set,
        disjoint_views_of_one_memory;
    gaps:
        written_pages_are_reported_and_zero_again, reads_bring_nothing, pages_are_watched_again,
        taken_pages_are_watched_again, growth_by_steps, zapped_pages_hold_the_baseline,
        zapped_pages_of_the_image_hold_it, writes_of_the_kernel_count, snapshots_hold_what_was_written_there,
        discarded_pages, trimmed_pages_stay_away, random_cycles_against_an_oracle;
    faults:
        a_steady_working_set_brings_none, a_first_write_costs_what_it_must, prefaulted_pages_bring_none,
        pages_within_the_budget_bring_none;
    guards:
        guard_pages_are_left_alone;
    residency:
        pages_are_shared_until_they_are_written, watching_takes_no_pages, memories_of_one_snapshot_share_its_pages,
        pages_that_were_only_read_take_nothing;
    sparse:
        a_large_memory_costs_what_is_used;
    contents:
        discarded_pages_are_zero_until_the_reset, discarding_to_the_baseline, discarding_without_a_baseline,
        trimming_gives_back_what_equals_the_baseline, prefaulting_prepares_what_is_known_to_be_written,
        a_budget_bounds_what_stays_private, taking_what_is_dirty, a_budget_and_a_growing_memory;
    mapping:
        a_reset_ends_a_mapping, one_region_at_two_places, one_region_in_two_guests, before_there_is_a_baseline,
        snapshot_and_restore_end_a_mapping, over_what_is_mapped_already, discarding_ends_a_mapping, in_the_grown_tail,
        a_retired_region_stays_where_it_is_mapped, a_released_view_leaves_the_mapping,
        taking_trimming_and_prefaulting_leave_it_alone, a_view_that_lost_track_spares_the_region,
        what_cannot_be_mapped_changes_nothing;
    model:
        everything_in_random_order;
    refusals:
        reset_needs_a_baseline, overlapping_views_lose_track_and_stay_right, a_snapshot_that_is_too_large_changes_nothing,
        a_released_view_leaves_the_contents;
}

fn on(kind: TrackerKind, case: fn(TrackerKind)) {
    if guest::works_here(kind) {
        case(kind);
    }
}
