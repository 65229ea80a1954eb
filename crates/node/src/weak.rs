//! Weak references to JavaScript objects, by which the addon sees what the garbage collector has found dead.
#![expect(unsafe_code, reason = "Node-API is a C interface, and napi-rs has no weak reference to any object")]

use napi::bindgen_prelude::{JsValue, Object};
use napi::{Env, Result, sys};

use crate::failure::refusal;

/// A reference that keeps nothing alive and has no finalizer. It must be deleted while its environment exists: dropping it
/// without that costs a few bytes until the environment ends, and nothing else, so there is no `Drop` that could come late.
pub(crate) struct WeakObject {
    env: Env,
    reference: sys::napi_ref,
}

impl WeakObject {
    /// A reference to an object of this environment.
    pub(crate) fn new<'env>(env: Env, object: &impl JsValue<'env>) -> Result<Self> {
        let mut reference = std::ptr::null_mut();
        // SAFETY: `object` is a live value of this environment; the result is written before the call returns ok.
        let status = unsafe { sys::napi_create_reference(env.raw(), object.raw(), 0, &raw mut reference) };
        if status != sys::Status::napi_ok {
            return Err(refusal("ERR_PAGEFOLD_OUT_OF_MEMORY", "the engine has no room for a reference"));
        }
        Ok(Self { env, reference })
    }

    /// A reference to a new object that nobody else knows: it dies in the next collection.
    pub(crate) fn to_nobody(env: Env) -> Result<Self> {
        // In a scope of its own, or the call that asked for it would keep it alive.
        env.run_in_scope(|| Self::new(env, &Object::new(&env)?))
    }

    /// Whether a collection has found the object dead. Without a scope around it the answer keeps the object alive until
    /// the call from JavaScript returns: see [`dead`] and [`WeakObject::is_dead_alone`].
    fn is_dead(&self) -> bool {
        let mut value = std::ptr::null_mut();
        // SAFETY: the reference belongs to this environment and is deleted only by `delete`, which takes it by value.
        let status = unsafe { sys::napi_get_reference_value(self.env.raw(), self.reference, &raw mut value) };
        status == sys::Status::napi_ok && value.is_null()
    }

    /// As `is_dead`, and the question keeps nothing alive.
    pub(crate) fn is_dead_alone(&self) -> bool {
        self.env.run_in_scope(|| Ok(self.is_dead())).unwrap_or(false)
    }

    /// Gives the reference back to the engine.
    pub(crate) fn delete(self) {
        // SAFETY: the reference belongs to this environment, which exists as long as its ledger has entries, and nobody can
        // use it again.
        let _ = unsafe { sys::napi_delete_reference(self.env.raw(), self.reference) };
    }
}

/// At most this many handles are open at a time.
const CHUNK: usize = 256;

/// The items whose object is dead. The question keeps nothing alive.
pub(crate) fn dead<'a, T>(env: Env, items: impl Iterator<Item = (T, &'a WeakObject)>) -> Vec<T> {
    let mut found = Vec::new();
    let mut items = items.peekable();
    while items.peek().is_some() {
        let chunk = items.by_ref().take(CHUNK);
        let looked = env.run_in_scope(|| {
            found.extend(chunk.filter(|(_, object)| object.is_dead()).map(|(item, _)| item));
            Ok(())
        });
        if looked.is_err() {
            break;
        }
    }
    found
}
