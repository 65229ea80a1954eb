//! A clean slot against memory that is mapped anew, with the image copied in.

use pagefold_core::{Pool, Region};

use super::case::{Case, Subject};
use super::slots::{BYTE_LENGTH, acquire, check, pool, snapshot, use_slot, words};

#[derive(Debug)]
struct FromPool {
    pool: Pool,
}

#[derive(Debug)]
struct MappedAnew {
    image: Vec<u8>,
    latest: Option<Region>,
}

pub(crate) fn case() -> Result<Case, String> {
    let snapshot = snapshot(BYTE_LENGTH)?;
    let pool = pool(&snapshot, 2)?;
    use_slot(&pool, 0)?;
    let image = snapshot.image().to_vec();
    let subjects: Vec<Box<dyn Subject>> =
        vec![Box::new(FromPool { pool }), Box::new(MappedAnew { image, latest: None })];
    Ok(Case::of(subjects))
}

impl Subject for FromPool {
    fn name(&self) -> String {
        "try_acquire, release".to_owned()
    }

    fn run(&mut self) -> Result<(), String> {
        let lease = acquire(&self.pool, 0)?;
        self.pool.release(lease).map(drop).map_err(words)
    }

    fn check(&mut self) -> Result<(), String> {
        check(&self.pool)
    }
}

impl Subject for MappedAnew {
    fn name(&self) -> String {
        "map memory, copy the image in, unmap".to_owned()
    }

    fn run(&mut self) -> Result<(), String> {
        self.latest = None;
        let mut region = Region::allocate(BYTE_LENGTH, BYTE_LENGTH).map_err(words)?;
        region.write(0, &self.image).map_err(words)?;
        self.latest = Some(region);
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        let mut bytes = vec![0; BYTE_LENGTH];
        self.latest.as_ref().ok_or("nothing was mapped")?.read(0, &mut bytes).map_err(words)?;
        if bytes == self.image { Ok(()) } else { Err("it is not the image".to_owned()) }
    }
}
