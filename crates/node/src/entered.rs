//! The place of an object in the ledger of its environment.

use std::cell::OnceCell;
use std::rc::Rc;

use napi::bindgen_prelude::{JsValue, Object};
use napi::{Env, Result};

use crate::entries::Key;
use crate::failure::refusal;
use crate::ledger::{self, Ledger, Owned};

/// An entry, until the object is disposed or the engine has finalized it.
pub(crate) struct Entered {
    ledger: Rc<Ledger>,
    key: Key,
    /// With how many bytes it counts.
    byte_length: usize,
}

impl Entered {
    /// To be called when the engine has let go of the buffer over the memory.
    pub(crate) fn when_gone(&self) -> Box<dyn FnOnce() + Send> {
        self.ledger.when_gone(self.key)
    }

    /// The object was disposed.
    pub(crate) fn take_out(&self) {
        self.ledger.take_out(self.key, self.byte_length);
    }

    /// The object has a buffer over its memory.
    pub(crate) fn expose<'env>(&self, buffer: &impl JsValue<'env>, byte_length: usize) {
        self.ledger.expose(self.key, buffer, byte_length);
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.ledger.object_gone(self.key);
    }
}

/// Enters an object, once, and tells of what was cleaned up since the last one.
pub(crate) fn enter(
    env: Env,
    object: &Object<'_>,
    entered: &OnceCell<Entered>,
    owned: Rc<dyn Owned>,
    made_at: Option<String>,
) -> Result<()> {
    if entered.get().is_some() {
        return Err(refusal("ERR_PAGEFOLD_BUSY", "the object was entered before"));
    }
    let ledger = ledger::of(env)?;
    let (key, byte_length) = ledger.enter(object, owned, made_at)?;
    // Nobody has set it meanwhile: JavaScript has not run.
    let _ = entered.set(Entered { ledger: Rc::clone(&ledger), key, byte_length });
    ledger.tell();
    Ok(())
}
