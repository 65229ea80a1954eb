import { MemoryView, PagefoldError, Region, Snapshot, type ErrorCode, type TrackerKind } from 'pagefold';

import { WASM_PAGE } from './guest.ts';
import { differingPages, equalBytes, PAGE, pagesOf } from './pages.ts';

/** A step of a random program; the numbers choose among what is there. */
export interface Command {
  readonly action: Action;
  readonly which: number;
  readonly other: number;
  readonly byte: number;
}

/** What a step can be. */
export type Action = (typeof ACTIONS)[number];

/** Every action. */
export const ACTIONS = [
  'make a memory',
  'make a region',
  'write',
  'fill',
  'grow',
  'view',
  'view a part',
  'snapshot',
  'reset',
  'dirty',
  'take dirty',
  'discard',
  'trim',
  'prefault',
  'restore',
  'capture',
  'read',
  'dispose a view',
  'dispose a snapshot',
  'dispose a region',
] as const;

interface Owner {
  readonly real: WebAssembly.Memory | Region;
  /** What the memory ought to hold. */
  model: Uint8Array<ArrayBuffer>;
  readonly maxByteLength: number;
  disposed: boolean;
}

interface Viewed {
  readonly real: MemoryView;
  readonly owner: Owner;
  readonly byteOffset: number;
  readonly byteLength: number | undefined;
  /** What a reset ought to bring back. */
  baseline: Uint8Array<ArrayBuffer> | undefined;
  /** What somebody has who copies the pages that are reported since the last reset. */
  copy: Uint8Array<ArrayBuffer> | undefined;
  disposed: boolean;
}

interface Captured {
  readonly real: Snapshot;
  readonly model: Uint8Array<ArrayBuffer>;
  disposed: boolean;
}

/**
 * Memories, regions, views and snapshots beside a plain model of each. Every step runs on both; that an outcome, an
 * error code or a byte differs is an error.
 */
export class World {
  readonly #tracker: TrackerKind;
  readonly #owners: Owner[] = [];
  readonly #views: Viewed[] = [];
  readonly #snapshots: Captured[] = [];

  constructor(tracker: TrackerKind) {
    this.#tracker = tracker;
  }

  step({ action, which, other, byte }: Command): void {
    const owner = chosen(this.#owners, which);
    const view = chosen(this.#views, which);
    const snapshot = chosen(this.#snapshots, other);
    if (action === 'make a memory') this.#makeMemory(1 + (other % 2));
    else if (action === 'make a region') this.#makeRegion(1 + ((which * 911 + other) % (6 * PAGE)));
    else if (action === 'capture') this.#capture(owner, other);
    else if (action === 'read') this.#read(snapshot, which);
    else if (action === 'dispose a snapshot') dispose(snapshot);
    else if (owner !== undefined && action === 'write') write(owner, other * 37, 1, byte);
    else if (owner !== undefined && action === 'fill') write(owner, other * 101, 1 + other * 7, byte);
    else if (owner !== undefined && action === 'grow') grow(owner, other);
    else if (owner !== undefined && action === 'view') this.#view(owner, 0, undefined);
    else if (owner !== undefined && action === 'view a part')
      this.#view(owner, other % 3, (byte % 3) * PAGE || undefined);
    else if (owner !== undefined && action === 'dispose a region') disposeRegion(owner);
    else if (view !== undefined && action === 'snapshot') this.#snapshot(view);
    else if (view !== undefined && action === 'reset') reset(view);
    else if (view !== undefined && action === 'dirty') dirty(view);
    else if (view !== undefined && action === 'take dirty') takeDirty(view);
    else if (view !== undefined && action === 'discard') discard(view, other, byte);
    else if (view !== undefined && action === 'trim') keepContents(view, () => view.real.trim(byte * PAGE));
    else if (view !== undefined && action === 'prefault') keepContents(view, () => view.real.prefault());
    else if (view !== undefined && action === 'restore') restore(view, snapshot);
    else if (view !== undefined && action === 'dispose a view') disposeView(view);
  }

  /** Compares every byte of everything. */
  check(): void {
    for (const owner of this.#owners) {
      if (owner.disposed) continue;
      const wrong = differingPages(bytesOf(owner), owner.model);
      if (wrong.length > 0 || bytesOf(owner).length !== owner.model.length)
        throw new Error(`wrong pages: ${wrong.join()}`);
    }
    for (const { real, model, disposed } of this.#snapshots) {
      if (!disposed && !equalBytes(real.read(0, real.byteLength), model)) throw new Error('a snapshot has changed');
    }
  }

  dispose(): void {
    for (const view of this.#views) view.real.dispose();
    for (const snapshot of this.#snapshots) snapshot.real.dispose();
    for (const { real } of this.#owners) if (real instanceof Region) real.dispose();
  }

  #makeMemory(initial: number): void {
    if (this.#owners.length >= 4) return;
    const real = new WebAssembly.Memory({ initial, maximum: 4 });
    this.#owners.push({
      real,
      model: new Uint8Array(initial * WASM_PAGE),
      maxByteLength: 4 * WASM_PAGE,
      disposed: false,
    });
  }

  #makeRegion(byteLength: number): void {
    if (this.#owners.length >= 4) return;
    const maxByteLength = 10 * PAGE;
    const real = Region.allocate(byteLength, { maxByteLength });
    this.#owners.push({ real, model: new Uint8Array(byteLength), maxByteLength, disposed: false });
  }

  #view(owner: Owner, page: number, byteLength: number | undefined): void {
    const { real } = owner;
    const byteOffset = real instanceof Region ? page * PAGE : 0;
    const length = real instanceof Region ? byteLength : undefined;
    const end = byteOffset + (length ?? Infinity);
    const isTaken = this.#views.some(
      (other) =>
        !other.disposed &&
        other.owner === owner &&
        byteOffset < other.byteOffset + (other.byteLength ?? Infinity) &&
        other.byteOffset < end,
    );
    const available = owner.model.length;
    const isOutside = byteOffset >= available || byteOffset + (length ?? 0) > available;
    const expected = owner.disposed
      ? 'ERR_PAGEFOLD_DISPOSED'
      : isOutside
        ? 'ERR_PAGEFOLD_OUT_OF_RANGE'
        : isTaken
          ? 'ERR_PAGEFOLD_BUSY'
          : undefined;
    const options = { tracker: this.#tracker };
    const made = attempt(expected, () =>
      real instanceof Region ? real.view(byteOffset, length, options) : MemoryView.adopt(real, options),
    );
    if (made === undefined) return;
    const nothing = { baseline: undefined, copy: undefined, disposed: false };
    this.#views.push({ real: made, owner, byteOffset, byteLength: length, ...nothing });
  }

  #snapshot(view: Viewed): void {
    const real = attempt(unusable(view), () => view.real.snapshot());
    if (real === undefined) return;
    const model = Uint8Array.from(modelOf(view));
    view.baseline = model;
    view.copy = undefined;
    this.#snapshots.push({ real, model, disposed: false });
  }

  #capture(owner: Owner | undefined, other: number): void {
    if (owner === undefined || owner.disposed || this.#snapshots.length > 20) return;
    const length = 1 + ((other * 53) % owner.model.length);
    const real = Snapshot.capture(bytesOf(owner).subarray(0, length));
    this.#snapshots.push({ real, model: Uint8Array.from(owner.model.subarray(0, length)), disposed: false });
  }

  #read(snapshot: Captured | undefined, which: number): void {
    if (snapshot === undefined) return;
    const { length } = snapshot.model;
    const [byteOffset, byteLength] = [which * 31, which * 17];
    const isOutside = byteOffset + byteLength > length;
    const expected = snapshot.disposed ? 'ERR_PAGEFOLD_DISPOSED' : isOutside ? 'ERR_PAGEFOLD_OUT_OF_RANGE' : undefined;
    const bytes = attempt(expected, () => snapshot.real.read(byteOffset, byteLength));
    if (bytes !== undefined && !equalBytes(bytes, snapshot.model.subarray(byteOffset, byteOffset + byteLength))) {
      throw new Error('read() gave other bytes');
    }
  }
}

function write(owner: Owner, at: number, length: number, byte: number): void {
  if (owner.disposed) return;
  const start = at % owner.model.length;
  bytesOf(owner).fill(byte, start, start + length);
  owner.model.fill(byte, start, start + length);
}

function grow(owner: Owner, other: number): void {
  const { real, model, maxByteLength } = owner;
  if (real instanceof WebAssembly.Memory) {
    if (model.length < maxByteLength) real.grow(1);
    else return;
  }
  const byteLength = real instanceof Region ? model.length - 50 + other * 29 : model.length + WASM_PAGE;
  if (real instanceof Region) {
    const isImpossible = byteLength < model.length || byteLength > maxByteLength;
    const expected = owner.disposed ? 'ERR_PAGEFOLD_DISPOSED' : isImpossible ? 'ERR_PAGEFOLD_OUT_OF_RANGE' : undefined;
    if (attempt(expected, () => (real.grow(byteLength), true)) === undefined) return;
  }
  owner.model = new Uint8Array(byteLength);
  owner.model.set(model);
}

function reset(view: Viewed): void {
  if (attempt(unresettable(view), () => view.real.reset()) !== undefined) overwrite(view, view.baseline);
}

function dirty(view: Viewed): void {
  const report = attempt(unresettable(view), () => view.real.dirty());
  if (report === undefined) return;
  const found = pagesOf(report);
  const lost = differingPages(modelOf(view), baselineOf(view)).filter((page) => !found.includes(page));
  if (lost.length > 0) throw new Error(`dirty() does not tell of the pages ${lost.join()}`);
}

/** Whoever copies what is reported, time after time, has a copy of the memory. */
function takeDirty(view: Viewed): void {
  const report = attempt(unresettable(view), () => view.real.dirty({ rearm: true }));
  if (report === undefined) return;
  const model = modelOf(view);
  const copy = baselineOf(view);
  copy.set(view.copy ?? []);
  for (const { byteOffset, byteLength } of report) {
    copy.set(model.subarray(byteOffset, byteOffset + byteLength), byteOffset);
  }
  const stale = differingPages(copy, model);
  if (stale.length > 0) throw new Error(`dirty({ rearm: true }) has not told of the pages ${stale.join()}`);
  view.copy = copy;
}

function discard(view: Viewed, other: number, byte: number): void {
  const { length } = modelOf(view);
  const pages = Math.ceil(length / PAGE);
  const first = other % (pages + 1);
  const byteOffset = first * PAGE;
  const byteLength = Math.min((1 + (byte % 4)) * PAGE, Math.max(1, length - byteOffset));
  const contents = byte % 3 === 0 ? 'baseline' : 'zero';
  const isOutside = byteOffset >= length;
  const needs = contents === 'baseline' && view.baseline === undefined ? 'ERR_PAGEFOLD_NO_BASELINE' : undefined;
  const expected = unusable(view) ?? (isOutside ? 'ERR_PAGEFOLD_OUT_OF_RANGE' : needs);
  const done = attempt(expected, () => (view.real.discard(byteOffset, byteLength, { contents }), true));
  if (done === undefined) return;
  const there = contents === 'zero' ? undefined : baselineOf(view).subarray(byteOffset, byteOffset + byteLength);
  modelOf(view).set(there ?? new Uint8Array(byteLength), byteOffset);
  // Nobody is told of it: who asked for it knows.
  const copied = view.copy === undefined ? 0 : Math.max(0, view.copy.length - byteOffset);
  if (there !== undefined && copied > 0) view.copy?.set(there.subarray(0, copied), byteOffset);
}

/** What changes no byte. */
function keepContents(view: Viewed, work: () => unknown): void {
  attempt(unresettable(view), () => (work(), true));
}

function unresettable(view: Viewed): ErrorCode | undefined {
  return unusable(view) ?? (view.baseline === undefined ? 'ERR_PAGEFOLD_NO_BASELINE' : undefined);
}

/** What a reset would make of the memory as long as it is now. */
function baselineOf(view: Viewed): Uint8Array<ArrayBuffer> {
  const baseline = new Uint8Array(modelOf(view).length);
  baseline.set(view.baseline ?? []);
  return baseline;
}

function restore(view: Viewed, snapshot: Captured | undefined): void {
  if (snapshot === undefined) return;
  const disposed = view.disposed || snapshot.disposed ? 'ERR_PAGEFOLD_DISPOSED' : unusable(view);
  const expected =
    disposed ?? (snapshot.model.length > modelOf(view).length ? 'ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE' : undefined);
  if (attempt(expected, () => view.real.restore(snapshot.real)) === undefined) return;
  view.baseline = snapshot.model;
  overwrite(view, snapshot.model);
}

function overwrite(view: Viewed, contents: Uint8Array | undefined): void {
  const model = modelOf(view);
  model.fill(0);
  model.set(contents ?? []);
  view.copy = undefined;
}

function disposeView(view: Viewed): void {
  view.real.dispose();
  view.disposed = true;
}

function disposeRegion(owner: Owner): void {
  if (!(owner.real instanceof Region)) return;
  owner.real.dispose();
  owner.disposed = true;
}

function dispose(snapshot: Captured | undefined): void {
  if (snapshot === undefined) return;
  snapshot.real.dispose();
  snapshot.disposed = true;
}

function unusable(view: Viewed): ErrorCode | undefined {
  return view.disposed || view.owner.disposed ? 'ERR_PAGEFOLD_DISPOSED' : undefined;
}

function modelOf({ owner, byteOffset, byteLength }: Viewed): Uint8Array<ArrayBuffer> {
  return owner.model.subarray(byteOffset, byteLength === undefined ? undefined : byteOffset + byteLength);
}

function bytesOf({ real }: Owner): Uint8Array<ArrayBuffer> {
  return real instanceof Region ? real.bytes : new Uint8Array(real.buffer);
}

/** What work gives, or undefined when it is refused with the expected code. */
function attempt<T>(expected: ErrorCode | undefined, work: () => T): T | undefined {
  let result: T;
  try {
    result = work();
  } catch (error) {
    if (error instanceof PagefoldError && error.code === expected) return undefined;
    throw new Error(`${expected ?? 'success'} was due`, { cause: error });
  }
  if (expected === undefined) return result;
  throw new Error(`${expected} was due, and nothing was refused`);
}

function chosen<T>(choices: readonly T[], number: number): T | undefined {
  return choices[number % Math.max(choices.length, 1)];
}
