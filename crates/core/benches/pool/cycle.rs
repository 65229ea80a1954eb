//! A whole use of a slot against the writes and a bare reset of a memory that nobody else wants.

use pagefold_core::{Pool, Region, TrackerChoice, View};

use super::case::{Case, Subject};
use super::slots::{BYTE_LENGTH, DIRTY_PAGES, check, dirty, pool, snapshot, use_slot, words};

#[derive(Debug)]
struct Bare {
    region: Region,
    view: View,
}

#[derive(Debug)]
struct Leased {
    pool: Pool,
}

pub(crate) fn case() -> Result<Case, String> {
    let snapshot = snapshot(BYTE_LENGTH)?;
    let mut region = Region::allocate(BYTE_LENGTH, BYTE_LENGTH).map_err(words)?;
    let mut view = View::new(&region.window().map_err(words)?, 0, TrackerChoice::Auto, &[]).map_err(words)?;
    view.restore(&mut region.window().map_err(words)?, &snapshot).map_err(words)?;
    let pool = pool(&snapshot, 1)?;
    let subjects: Vec<Box<dyn Subject>> = vec![Box::new(Bare { region, view }), Box::new(Leased { pool })];
    Ok(Case { facts: vec![("pagesWritten", DIRTY_PAGES)], ..Case::of(subjects) })
}

impl Subject for Bare {
    fn name(&self) -> String {
        "write, View::reset".to_owned()
    }

    fn run(&mut self) -> Result<(), String> {
        let mut window = self.region.window().map_err(words)?;
        dirty(&mut window).map_err(words)?;
        self.view.reset(&mut window).map(drop).map_err(words)
    }

    fn check(&mut self) -> Result<(), String> {
        let mut bytes = vec![0; BYTE_LENGTH];
        self.region.read(0, &mut bytes).map_err(words)?;
        let baseline = self.view.baseline().ok_or("it has no baseline")?;
        if bytes == baseline.image().to_vec() { Ok(()) } else { Err("it is not the image".to_owned()) }
    }
}

impl Subject for Leased {
    fn name(&self) -> String {
        "try_acquire, write, release_clean".to_owned()
    }

    fn run(&mut self) -> Result<(), String> {
        use_slot(&self.pool, 0)
    }

    fn check(&mut self) -> Result<(), String> {
        check(&self.pool)
    }
}
