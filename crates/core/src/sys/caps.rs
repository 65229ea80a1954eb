//! What a process can do here, each with the reason when it cannot.

/// One facility: there, or absent with a reason that a person can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    reason: Option<String>,
}

impl Capability {
    /// There, or absent for a reason.
    pub(super) const fn new(reason: Option<String>) -> Self {
        Self { reason }
    }

    /// Whether the facility works.
    #[must_use]
    pub const fn is_available(&self) -> bool {
        self.reason.is_none()
    }

    /// Why it does not, if it does not.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// Everything that the rest of the crate chooses by. Probed by behaviour, never by version: distributions backport
/// features and drop fixes, and a container may forbid what its kernel can do.
#[derive(Debug, Clone)]
pub struct Capabilities {
    /// Anonymous files that can be sealed (`memfd_create`, `F_ADD_SEALS`), mapped privately over existing pages.
    pub memory_file: Capability,
    /// Sealed against ever becoming executable (`MFD_NOEXEC_SEAL`). Used where present, never required.
    pub noexec_seal: Capability,
    /// `PAGEMAP_SCAN` finds the pages that left their file.
    pub private_scan: Capability,
    /// The entries of `/proc/self/pagemap` tell the pages that left their file.
    pub pagemap_entries: Capability,
    /// What is mapped over a range can be asked (`PROCMAP_QUERY`, else `/proc/self/maps`).
    pub mapping_query: Capability,
    /// The scan can tell guard pages apart (`PAGE_IS_GUARD`). Used where present, never required.
    pub guard_category: Capability,
    /// userfaultfd asynchronous write-protection, armed and harvested with `PAGEMAP_SCAN`.
    pub write_protect: Capability,
    /// Many runs of pages can be dropped in one call (`process_madvise`). Used where present, never required.
    pub vectored_discard: Capability,
}

impl Capabilities {
    /// Name and state of each, in a stable order.
    #[must_use]
    pub fn each(&self) -> [(&'static str, &Capability); 8] {
        [
            ("memory-file", &self.memory_file),
            ("noexec-seal", &self.noexec_seal),
            ("private-scan", &self.private_scan),
            ("pagemap-entries", &self.pagemap_entries),
            ("mapping-query", &self.mapping_query),
            ("guard-category", &self.guard_category),
            ("write-protect", &self.write_protect),
            ("vectored-discard", &self.vectored_discard),
        ]
    }
}
