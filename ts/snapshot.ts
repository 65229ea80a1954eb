import { types, type InspectOptionsStylized } from 'node:util';

import type { NativeCancel, NativeSnapshot } from '../native/index.cjs';
import { binding } from './binding.ts';
import { checkBytes, checkOptions, checkPath, checkSignal, wrongType } from './check.ts';
import { native, PagefoldError, translated } from './errors.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from './made-here.ts';

/** Options of operations that can be stopped. */
export interface AbortOptions {
  /** Stops the operation between two chunks; it then rejects with `ERR_PAGEFOLD_ABORTED`, and nothing has changed. */
  signal?: AbortSignal | undefined;
}

/** The native side of a snapshot; set by the class, which alone can see it. */
let nativeOf: (snapshot: Snapshot) => NativeSnapshot;
let isSnapshot: (value: unknown) => value is Snapshot;

/**
 * The contents of a memory at one moment: a state to go back to.
 *
 * Immutable. Any number of memories can have it as their baseline; they share its pages until they write to them.
 * Pages of zeros take no memory.
 */
export class Snapshot implements Disposable {
  readonly #native: NativeSnapshot;
  readonly #id: string;
  readonly #version: number;
  readonly #byteLength: number;
  readonly #storedByteLength: number;
  #disposed = false;

  /** @internal */
  constructor(made: MadeHere, snapshot: NativeSnapshot) {
    checkMadeHere(made, 'a Snapshot is made by MemoryView.snapshot(), Snapshot.capture() or Snapshot.open()');
    this.#native = snapshot;
    this.#id = snapshot.id();
    this.#version = snapshot.version();
    this.#byteLength = snapshot.byteLength();
    this.#storedByteLength = snapshot.storedByteLength();
  }

  static {
    isSnapshot = (value): value is Snapshot => typeof value === 'object' && value !== null && #native in value;
    nativeOf = (snapshot) => {
      snapshot.#check();
      return snapshot.#native;
    };
  }

  /**
   * A snapshot with a copy of `bytes`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when there are none.
   */
  static capture(bytes: Uint8Array): Snapshot {
    if (!types.isUint8Array(bytes)) throw wrongType(bytes, 'bytes', 'a Uint8Array');
    const { NativeSnapshot } = binding();
    // Other threads may write to shared bytes: let the engine make the copy that the addon reads.
    const stable = types.isSharedArrayBuffer(bytes.buffer) ? new Uint8Array(bytes) : bytes;
    return native(() => new Snapshot(MADE_HERE, NativeSnapshot.capture(stable)));
  }

  /**
   * Reads a snapshot from a file that {@link Snapshot.save} has written, checking every byte of it.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NOT_A_SNAPSHOT`, `ERR_PAGEFOLD_SNAPSHOT_CORRUPT` when it was cut short or
   * altered, `ERR_PAGEFOLD_SYSTEM` with `errno` when it cannot be read.
   */
  static open(path: string): Snapshot {
    const checked = checkPath(path);
    const { NativeSnapshot } = binding();
    return native(() => new Snapshot(MADE_HERE, NativeSnapshot.open(checked)));
  }

  /** Like {@link Snapshot.open}, away from the JavaScript thread. */
  static async openAsync(path: string, options?: AbortOptions): Promise<Snapshot> {
    const checked = checkPath(path);
    const { NativeSnapshot } = binding();
    return new Snapshot(MADE_HERE, await abortable(options, (cancel) => NativeSnapshot.openAsync(checked, cancel)));
  }

  /**
   * Writes the snapshot to a file that only its owner can read. The file appears whole or not at all: a crash leaves
   * the old one. The format is described in docs/snapshot-format.md.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SYSTEM` with `errno` when it cannot be written.
   */
  save(path: string): void {
    this.#check();
    const checked = checkPath(path);
    native(() => this.#native.save(checked));
  }

  /** Like {@link Snapshot.save}, away from the JavaScript thread. Disposing the snapshot meanwhile does no harm. */
  async saveAsync(path: string, options?: AbortOptions): Promise<void> {
    this.#check();
    const checked = checkPath(path);
    await abortable(options, (cancel) => this.#native.saveAsync(checked, cancel));
  }

  /** 32 hexadecimal digits, different for every capture; a saved file keeps them. */
  get id(): string {
    return this.#id;
  }

  /** Counts the states that the snapshot has had, from 1. */
  get version(): number {
    return this.#version;
  }

  /** Length of the contents in bytes. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Bytes of the pages that are not all zero: what the snapshot costs. */
  get storedByteLength(): number {
    return this.#storedByteLength;
  }

  /** Whether {@link Snapshot.dispose} was called. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * A copy of a part of the contents.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when the part ends after the snapshot.
   */
  read(byteOffset: number, byteLength: number): Uint8Array<ArrayBuffer> {
    this.#check();
    const offset = checkBytes(byteOffset, 'byteOffset');
    const length = checkBytes(byteLength, 'byteLength');
    if (offset + length > this.#byteLength) {
      throw new PagefoldError(
        'ERR_PAGEFOLD_OUT_OF_RANGE',
        `${length} bytes at offset ${offset} of a snapshot of ${this.#byteLength} bytes`,
      );
    }
    const bytes = new Uint8Array(length);
    if (length > 0) native(() => this.#native.read(offset, bytes));
    return bytes;
  }

  /** Lets go of the contents. A view that has them as its baseline keeps them. Idempotent. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#native.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const state = stateOf(#native in this, () => this.#disposed);
    const properties = (): object => {
      const { id, version, byteLength, storedByteLength } = this;
      return { id, version, byteLength, storedByteLength };
    };
    return inspected('Snapshot', state, properties, options, inspect);
  }

  #check(): void {
    if (this.#disposed) throw new PagefoldError('ERR_PAGEFOLD_DISPOSED', 'the snapshot was disposed');
  }
}

/**
 * The native side of a snapshot that is not disposed.
 *
 * @internal
 */
export function nativeSnapshot(value: unknown): NativeSnapshot {
  if (!isSnapshot(value)) throw wrongType(value, 'snapshot', 'a Snapshot');
  return nativeOf(value);
}

/** Runs work of the addon that looks at a cancel flag, and sets the flag when the signal fires. */
async function abortable<T>(options: AbortOptions | undefined, work: (cancel: NativeCancel) => Promise<T>): Promise<T> {
  const signal = checkSignal(checkOptions(options).signal);
  const aborted = (): PagefoldError =>
    new PagefoldError('ERR_PAGEFOLD_ABORTED', 'the operation was aborted', { cause: signal?.reason });
  if (signal?.aborted) throw aborted();
  const cancel = new (binding().NativeCancel)();
  const stop = (): void => cancel.cancel();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await work(cancel);
  } catch (thrown) {
    const error = translated(thrown);
    throw error instanceof PagefoldError && error.code === 'ERR_PAGEFOLD_ABORTED' ? aborted() : error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
