//! Which pages a `PAGEMAP_SCAN` selects.

/// The last four fields of `struct pm_scan_arg`: which pages match, and what tells neighbours apart.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Masks {
    pub(crate) inverted: u64,
    pub(crate) all_of: u64,
    pub(crate) any_of: u64,
    pub(crate) returned: u64,
}

/// A flag of the scan: fail where the range is not registered, instead of finding nothing there.
pub(crate) const CHECK_WPASYNC: u64 = 2;

pub(crate) const WRITTEN: u64 = 2;
pub(crate) const FILE: u64 = 4;
pub(crate) const PRESENT: u64 = 8;
pub(crate) const SWAPPED: u64 = 16;
pub(crate) const PFNZERO: u64 = 32;

/// Pages written since they were armed, by the kernel's short path.
pub(crate) const FAST: Masks = Masks { inverted: 0, all_of: WRITTEN, any_of: 0, returned: WRITTEN };
