//! The table of a ledger: places that are used again, so that it is as long as what is alive.

use std::collections::HashSet;
use std::rc::Rc;

use napi::Env;

use crate::ledger::Owned;
use crate::life::{Ending, Kind};
use crate::weak::{self, WeakObject};

/// What the garbage collector had to clean up.
pub(crate) struct Notice {
    pub(crate) kind: Kind,
    pub(crate) byte_length: usize,
    pub(crate) made_at: Option<Box<str>>,
}

/// Names an entry. When its place was used again it names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    place: usize,
    generation: u64,
}

/// What an object owns, and by what it is seen to be dead.
pub(crate) struct Entry {
    kind: Kind,
    /// `None` when the engine has finalized the object, and only its buffer is left.
    owned: Option<Rc<dyn Owned>>,
    object: WeakObject,
    buffer: Option<Buffer>,
    /// Where it was made, if that is recorded.
    made_at: Option<Box<str>>,
    /// Whether somebody was told that it was not disposed.
    noticed: bool,
}

/// A buffer over the memory.
struct Buffer {
    /// `None` when the engine had no room for it: the buffer is then never known to be dead before it is finalized.
    object: Option<WeakObject>,
    byte_length: usize,
    state: BufferState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BufferState {
    Alive,
    /// Dead, and counted as unreclaimed for so many turns.
    Waiting(u32),
    /// Dead for many turns: its bytes were transferred to another owner.
    Transferred,
}

/// Turns after which an engine would have finalized a dead buffer. They sweep on other threads, so it is not the next one: the
/// façade waits some milliseconds between the later ones.
const TURNS: u32 = 64;

/// What follows from a finalizer.
#[derive(Default)]
pub(crate) struct Gone {
    pub(crate) notice: Option<Notice>,
    /// Bytes that wait no longer.
    pub(crate) unreclaimed: usize,
    /// To be dropped once nothing is borrowed.
    pub(crate) owned: Option<Rc<dyn Owned>>,
}

#[derive(Default)]
pub(crate) struct Entries {
    places: Vec<Place>,
    free: Vec<usize>,
    /// Entries with a dead buffer that is counted.
    waiting: Vec<Key>,
}

#[derive(Default)]
struct Place {
    generation: u64,
    entry: Option<Entry>,
}

impl Buffer {
    fn delete(self) {
        if let Some(object) = self.object {
            object.delete();
        }
    }
}

impl Entry {
    pub(crate) fn owned(&self) -> Option<&Rc<dyn Owned>> {
        self.owned.as_ref()
    }

    /// Bytes that are counted as unreclaimed.
    pub(crate) fn counted(&self) -> usize {
        match &self.buffer {
            Some(Buffer { state: BufferState::Waiting(_), byte_length, .. }) => *byte_length,
            _ => 0,
        }
    }

    /// Gives the references back to the engine.
    pub(crate) fn delete(self) {
        self.object.delete();
        if let Some(buffer) = self.buffer {
            buffer.delete();
        }
    }

    fn notice(&self) -> Notice {
        let owned = self.owned.as_ref().map_or(0, |owned| owned.byte_length());
        let exposed = self.buffer.as_ref().map_or(0, |buffer| buffer.byte_length);
        Notice { kind: self.kind, byte_length: owned.max(exposed), made_at: self.made_at.clone() }
    }

    /// The notice, unless somebody has had it.
    fn first_notice(&mut self) -> Option<Notice> {
        (!std::mem::replace(&mut self.noticed, true)).then(|| self.notice())
    }
}

impl Entries {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(crate) fn enter(&mut self, object: WeakObject, owned: Rc<dyn Owned>, made_at: Option<Box<str>>) -> Key {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            self.places.len() - 1
        });
        self.places[place].entry =
            Some(Entry { kind: owned.kind(), owned: Some(owned), object, buffer: None, made_at, noticed: false });
        Key { place, generation: self.places[place].generation }
    }

    /// From now on the memory lives as long as a buffer, which `object` refers to.
    pub(crate) fn expose(&mut self, key: Key, object: Option<WeakObject>, byte_length: usize) {
        let buffer = Buffer { object, byte_length, state: BufferState::Alive };
        match self.get(key) {
            Some(entry) if entry.buffer.is_none() => entry.buffer = Some(buffer),
            _ => buffer.delete(),
        }
    }

    pub(crate) fn take_out(&mut self, key: Key) -> Option<Entry> {
        let place = self.places.get_mut(key.place).filter(|place| place.generation == key.generation)?;
        let entry = place.entry.take()?;
        place.generation += 1;
        self.free.push(key.place);
        Some(entry)
    }

    /// The engine has finalized the object of an entry.
    pub(crate) fn object_gone(&mut self, key: Key) -> Gone {
        let Some(entry) = self.get(key) else { return Gone::default() };
        if entry.buffer.is_none() {
            return self.gone(key);
        }
        Gone { owned: entry.owned.take(), ..Gone::default() }
    }

    /// The engine has finalized the buffer of an entry.
    pub(crate) fn buffer_gone(&mut self, key: Key) -> Gone {
        let Some(entry) = self.get(key) else { return Gone::default() };
        let unreclaimed = entry.counted();
        if entry.owned.is_none() {
            return Gone { unreclaimed, ..self.gone(key) };
        }
        if let Some(buffer) = entry.buffer.take() {
            buffer.delete();
        }
        Gone { unreclaimed, ..Gone::default() }
    }

    fn gone(&mut self, key: Key) -> Gone {
        let Some(mut entry) = self.take_out(key) else { return Gone::default() };
        let (notice, owned) = (entry.first_notice(), entry.owned.take());
        entry.delete();
        Gone { notice, owned, ..Gone::default() }
    }

    /// Takes out what is dead and has no buffer.
    pub(crate) fn take_dead(&mut self, env: Env) -> Vec<(Option<Notice>, Entry)> {
        let bare = self.all().filter(|(_, entry)| entry.buffer.is_none()).map(|(key, entry)| (key, &entry.object));
        let dead = weak::dead(env, bare);
        let taken = dead.into_iter().filter_map(|key| self.take_out(key));
        taken.map(|mut entry| (entry.first_notice(), entry)).collect()
    }

    /// Begins to count buffers that are dead: their bytes, with a notice for each that nobody was told of.
    pub(crate) fn count_waiting(&mut self, env: Env) -> (usize, Vec<Notice>) {
        let buffers = self.all().filter_map(|(key, entry)| {
            let buffer = entry.buffer.as_ref().filter(|buffer| buffer.state == BufferState::Alive)?;
            Some((key, buffer.object.as_ref()?))
        });
        let (mut counted, mut notices) = (0, Vec::new());
        for key in weak::dead(env, buffers) {
            let Some(entry) = self.get(key) else { continue };
            if let Some(buffer) = &mut entry.buffer {
                buffer.state = BufferState::Waiting(0);
                counted += buffer.byte_length;
            }
            notices.extend(entry.first_notice());
            self.waiting.push(key);
        }
        (counted, notices)
    }

    /// Counts a turn for the buffers that wait: bytes of those that waited too long, and whether some still wait.
    pub(crate) fn turn(&mut self) -> (usize, bool) {
        let mut transferred = 0;
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|key| {
            let Some(buffer) = self.get(*key).and_then(|entry| entry.buffer.as_mut()) else { return false };
            let BufferState::Waiting(turns) = &mut buffer.state else { return false };
            *turns += 1;
            if *turns < TURNS {
                return true;
            }
            buffer.state = BufferState::Transferred;
            transferred += buffer.byte_length;
            false
        });
        self.waiting = waiting;
        (transferred, !self.waiting.is_empty())
    }

    /// What the objects own that are not known to be dead.
    pub(crate) fn alive(&self, env: Env) -> Vec<Notice> {
        // Whoever has the buffer has the memory.
        let last = self.all().filter_map(|(key, entry)| {
            let object = entry.buffer.as_ref().map_or(Some(&entry.object), |buffer| buffer.object.as_ref());
            Some((key.place, object?))
        });
        let dead: HashSet<usize> = weak::dead(env, last).into_iter().collect();
        let alive = self.all().filter(|(key, _)| !dead.contains(&key.place));
        alive.map(|(_, entry)| entry.notice()).collect()
    }

    /// The environment ends: gives back what has no buffer. The engine detaches buffers before it finalizes them, which cannot
    /// be done from here: Deno ends the process.
    pub(crate) fn close(self) {
        for entry in self.places.into_iter().filter_map(|place| place.entry) {
            if let (Some(owned), None) = (&entry.owned, &entry.buffer) {
                owned.let_go(Ending::Finalized);
            }
            entry.delete();
        }
    }

    fn all(&self) -> impl Iterator<Item = (Key, &Entry)> {
        self.places.iter().enumerate().filter_map(|(place, Place { generation, entry })| {
            Some((Key { place, generation: *generation }, entry.as_ref()?))
        })
    }

    fn get(&mut self, key: Key) -> Option<&mut Entry> {
        self.places.get_mut(key.place).filter(|place| place.generation == key.generation)?.entry.as_mut()
    }
}
