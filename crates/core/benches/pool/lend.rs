//! Handing out a clean slot and taking it back, a thousand times.

use pagefold_core::Pool;

use super::case::{Case, Subject};
use super::slots::{BYTE_LENGTH, acquire, check, pool, snapshot, use_slot, words};

const LEASES: usize = 1000;

#[derive(Debug)]
struct Lend {
    name: &'static str,
    pool: Pool,
    affinities: u64,
}

pub(crate) fn case() -> Result<Case, String> {
    let snapshot = snapshot(BYTE_LENGTH)?;
    let mut subjects: Vec<Box<dyn Subject>> = Vec::new();
    for (name, affinities) in [("1,000 leases", 1), ("1,000 leases, each of another affinity", 1000)] {
        let pool = pool(&snapshot, 4)?;
        (0..4).try_for_each(|affinity| use_slot(&pool, affinity))?;
        subjects.push(Box::new(Lend { name, pool, affinities }));
    }
    Ok(Case { facts: vec![("leases", LEASES)], ..Case::of(subjects) })
}

impl Subject for Lend {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn run(&mut self) -> Result<(), String> {
        for number in 0..LEASES as u64 {
            let lease = acquire(&self.pool, number % self.affinities)?;
            self.pool.release(lease).map_err(words)?;
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        check(&self.pool)
    }
}
