//! Pools: many memories with one baseline.

#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod budget;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod guards;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod isolation;
mod layout;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod leaks;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod leases;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod limits;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod model;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod order;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod processes;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod slots;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod threads;
