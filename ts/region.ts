import type { InspectOptionsStylized } from 'node:util';

import type { NativeRegion } from '../native/index.cjs';
import type { AbortOptions } from './abortable.ts';
import { binding } from './binding.ts';
import { ensureBudget, withinBudget } from './budget.ts';
import { bufferByteLength } from './buffer.ts';
import { checkBytes, checkChoice, checkOptions, checkPath, checkText, wrongType } from './check.ts';
import { native, PagefoldError } from './errors.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';
import { madeAt } from './leaks.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from './made-here.ts';
import { MemoryView } from './memory-view.ts';
import { pageByteLength } from './page.ts';
import { setPartsOf } from './region-parts.ts';
import type { Source } from './source.ts';
import type { ViewOptions } from './view-options.ts';

/** Options of {@link Region.allocate}. */
export interface RegionOptions {
  /**
   * How far {@link Region.grow} can go. Costs address space only.
   *
   * @default the length
   */
  maxByteLength?: number | undefined;
  /**
   * Whether the pages can be put into other memories ({@link MemoryView.map}). Such a region cannot be tracked itself, takes
   * one descriptor, and pays for a page when it is first read as well.
   *
   * @default false
   */
  mappable?: boolean | undefined;
  /** Shown by `util.inspect`. */
  name?: string | undefined;
}

/** Options of {@link Region.open}. */
export interface RegionFileOptions {
  /**
   * `copy-on-write`: the file never changes, what is written stays in the memory that it was written in. `read-write`: the
   * file changes, and with it every other mapping of it, in other processes too.
   *
   * @default 'copy-on-write'
   */
  access?: 'copy-on-write' | 'read-write' | undefined;
  /**
   * First byte in the file, a multiple of the page size.
   *
   * @default 0
   */
  byteOffset?: number | undefined;
  /**
   * Length in bytes.
   *
   * @default up to the end of the file
   */
  byteLength?: number | undefined;
  /** Shown by `util.inspect`. */
  name?: string | undefined;
}

/**
 * Who shares the bytes of a region: nobody (`private`), the memories that it is mapped into (`shared`), those and a file
 * (`read-write`), or nobody, with a file as what they were at first (`copy-on-write`).
 */
export type RegionAccess = 'private' | 'shared' | 'copy-on-write' | 'read-write';

/** Of a new region. @internal */
interface Lengths {
  readonly byteLength: number;
  readonly maxByteLength: number;
}

/** Options of {@link Region.allocateAsync}. */
export interface RegionAsyncOptions extends RegionOptions, AbortOptions {}

/**
 * Memory that pagefold owns: zero-filled or a file, outside the engine's heap, growable in place, returned by {@link
 * Region.dispose} at once.
 */
export class Region implements Disposable {
  readonly #maxByteLength: number;
  readonly #mappedByteLength: number;
  readonly #access: RegionAccess;
  readonly #name: string;
  #native: NativeRegion | undefined;
  #byteLength: number;
  /** The one buffer over the mapping, made when first needed. */
  #buffer: ArrayBuffer | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  /** @internal */
  constructor(made: MadeHere, region: NativeRegion, lengths: Lengths, access: RegionAccess, name: string) {
    checkMadeHere(made, 'a Region is made by Region.allocate() or Region.open()');
    this.#native = region;
    this.#byteLength = lengths.byteLength;
    this.#maxByteLength = lengths.maxByteLength;
    this.#mappedByteLength = region.enter(madeAt());
    this.#access = access;
    this.#name = name;
  }

  static {
    setPartsOf((region) => {
      if (typeof region !== 'object' || region === null || !(#native in region)) return undefined;
      return () => {
        const native = region.#alive();
        if (region.#buffer !== undefined) region.#attachedBuffer();
        const shared = region.#access === 'shared' || region.#access === 'read-write';
        return { native, byteLength: region.#byteLength, shared };
      };
    });
  }

  /**
   * Allocates a region of `byteLength` bytes, all zero.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` for an impossible length; `ERR_PAGEFOLD_OUT_OF_MEMORY` when there
   * is no address space left; `ERR_PAGEFOLD_BUDGET` when too many regions were dropped instead of disposed: see {@link
   * setBudget}.
   */
  static allocate(byteLength: number, options?: RegionOptions): Region {
    const length = checkBytes(byteLength, 'byteLength', 1);
    const { maxByteLength, mappable = false, name } = checkOptions(options);
    const max = maxByteLength === undefined ? length : checkBytes(maxByteLength, 'maxByteLength', length);
    if (typeof mappable !== 'boolean') throw wrongType(mappable, 'mappable', 'a boolean');
    const text = name === undefined ? '' : checkText(name, 'name');
    const { NativeRegion } = binding();
    ensureBudget();
    return native(() => {
      const lengths = { byteLength: length, maxByteLength: max };
      const region = new NativeRegion(length, max, mappable);
      return new Region(MADE_HERE, region, lengths, mappable ? 'shared' : 'private', text);
    });
  }

  /**
   * Like {@link Region.allocate}, and waits for turns of the event loop where that would throw `ERR_PAGEFOLD_BUDGET`: the
   * engine then gives back what was dropped.
   *
   * @throws {PagefoldError} as {@link Region.allocate}; `ERR_PAGEFOLD_BUDGET` when the engine gives nothing back;
   * `ERR_PAGEFOLD_ABORTED`.
   */
  static async allocateAsync(byteLength: number, options?: RegionAsyncOptions): Promise<Region> {
    return withinBudget(() => Region.allocate(byteLength, options), checkOptions(options).signal);
  }

  /**
   * Maps a regular file, or a part of it, without a copy: its pages are read when they are first used. It cannot grow. Its
   * pages can be put into other memories ({@link MemoryView.map}), and are shared with all that have the file mapped.
   *
   * **The file must not be made shorter while it is mapped**, by this process or another one: touching a page that it has
   * lost ends the process (SIGBUS). So do a page that the device cannot read, and, with `read-write`, a write to a hole of
   * the file when its file system is full. Where you cannot rule that out, read the file into a region of its own instead;
   * {@link Snapshot.open} always copies. With `read-write` other processes can change the bytes at any time; agree with them on who writes when.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SYSTEM` with `errno` when the file cannot be opened or mapped;
   * `ERR_PAGEFOLD_UNSUPPORTED` when it is no regular file; `ERR_PAGEFOLD_OUT_OF_RANGE` when the part is empty or ends after
   * the file; `ERR_PAGEFOLD_UNALIGNED`; `ERR_PAGEFOLD_BUDGET` as {@link Region.allocate}.
   */
  static open(path: string, options?: RegionFileOptions): Region {
    const checked = checkPath(path);
    const { access: wanted = 'copy-on-write', byteOffset, byteLength, name } = checkOptions(options);
    const access = checkChoice(wanted, 'access', ['copy-on-write', 'read-write']);
    const offset = byteOffset === undefined ? 0 : checkBytes(byteOffset, 'byteOffset');
    const length = byteLength === undefined ? undefined : checkBytes(byteLength, 'byteLength', 1);
    const text = name === undefined ? '' : checkText(name, 'name');
    const { NativeRegion } = binding();
    ensureBudget();
    return native(() => {
      const region = NativeRegion.open(checked, access === 'read-write', offset, length);
      const opened = region.byteLength();
      return new Region(MADE_HERE, region, { byteLength: opened, maxByteLength: opened }, access, text);
    });
  }

  /** Bytes in use. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Bytes that {@link Region.grow} can reach. */
  get maxByteLength(): number {
    return this.#maxByteLength;
  }

  /** Who shares the bytes. */
  get access(): RegionAccess {
    return this.#access;
  }

  /** Whether the pages can be put into other memories: whether {@link Region.access} is not `private`. */
  get mappable(): boolean {
    return this.#access !== 'private';
  }

  /** The name given at allocation; empty without one. */
  get name(): string {
    return this.#name;
  }

  /** Whether {@link Region.dispose} was called. */
  get disposed(): boolean {
    return this.#native === undefined;
  }

  /**
   * The bytes, without a copy. After {@link Region.grow} read it anew: an array cannot grow.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_EXTERNAL_BUFFERS` when the runtime forbids buffers over foreign memory;
   * `ERR_PAGEFOLD_DETACHED` when the buffer was transferred to another owner.
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    const buffer = this.#attachedBuffer();
    if (this.#bytes?.byteLength !== this.#byteLength) this.#bytes = new Uint8Array(buffer, 0, this.#byteLength);
    return this.#bytes;
  }

  /**
   * A view of a part of the region. Without `byteLength` it reaches to the end and follows the region's growth.
   *
   * @param byteOffset first byte, a multiple of the page size; 0 by default
   * @param byteLength length in bytes, a multiple of the page size
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE`, `ERR_PAGEFOLD_UNALIGNED`; `ERR_PAGEFOLD_BUSY` when another view
   * covers some of it; `ERR_PAGEFOLD_UNSUPPORTED` when the region is mappable.
   */
  view(byteOffset = 0, byteLength?: number, options?: ViewOptions): MemoryView {
    this.#alive();
    const offset = checkBytes(byteOffset, 'byteOffset');
    const length = byteLength === undefined ? undefined : checkBytes(byteLength, 'byteLength', 1);
    if (offset >= this.#byteLength || (length ?? 0) > this.#byteLength - offset) {
      throw new PagefoldError(
        'ERR_PAGEFOLD_OUT_OF_RANGE',
        `${length ?? 'some'} bytes at offset ${offset} of a region of ${this.#byteLength} bytes`,
      );
    }
    if (this.mappable) {
      throw new PagefoldError(
        'ERR_PAGEFOLD_UNSUPPORTED',
        'a region that is mappable cannot be tracked: a snapshot would put other pages in place of those that are shared; ' +
          'map it into a tracked memory instead, or copy it into a region of its own',
      );
    }
    const page = pageByteLength();
    if (offset % page !== 0 || (length ?? 0) % page !== 0) {
      throw new PagefoldError(
        'ERR_PAGEFOLD_UNALIGNED',
        `byteOffset and byteLength must be multiples of the page size, ${page}; leave byteLength out to reach the end`,
      );
    }
    const byteEnd = length === undefined ? Number.POSITIVE_INFINITY : offset + length;
    return new MemoryView(MADE_HERE, this.#source(offset, length), { byteOffset: offset, byteEnd }, options);
  }

  /**
   * Makes the region longer, in place; the new bytes are zero.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when that is shorter than now, or above the maximum, which for a
   * file is its length;
   * `ERR_PAGEFOLD_DETACHED` when the buffer was transferred to another owner.
   */
  grow(byteLength: number): void {
    const region = this.#alive();
    const length = checkBytes(byteLength, 'byteLength');
    if (this.#buffer !== undefined) this.#attachedBuffer();
    native(() => region.grow(length));
    this.#byteLength = length;
  }

  /**
   * Gives the memory back at once. Arrays over it become empty, its views unusable. Await I/O on its bytes first: an
   * unfinished call ends with an error. Pages that are mapped into other memories stay there. Idempotent.
   *
   * If the buffer was transferred to another owner, the memory is that owner's and goes with it.
   */
  dispose(): void {
    const region = this.#native;
    if (region === undefined) return;
    this.#native = undefined;
    const buffer = this.#buffer;
    this.#buffer = undefined;
    this.#bytes = undefined;
    native(() => region.dispose(buffer));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const properties = (): object => {
      const { name, byteLength, maxByteLength, access, mappable } = this;
      return { ...(name !== '' && { name }), byteLength, maxByteLength, ...(mappable && { access }) };
    };
    const state = stateOf(#native in this, () => this.disposed);
    return inspected('Region', state, properties, options, inspect);
  }

  #alive(): NativeRegion {
    if (this.#native === undefined) throw new PagefoldError('ERR_PAGEFOLD_DISPOSED', 'the region was disposed');
    return this.#native;
  }

  #attachedBuffer(): ArrayBuffer {
    const region = this.#alive();
    this.#buffer ??= native(() => region.buffer());
    if (bufferByteLength(this.#buffer) !== this.#mappedByteLength) {
      throw new PagefoldError(
        'ERR_PAGEFOLD_DETACHED',
        'the bytes of the region were transferred to another owner; only dispose() is left to do',
      );
    }
    return this.#buffer;
  }

  #source(byteOffset: number, byteLength: number | undefined): Source {
    return {
      owner: this,
      byteOffset,
      sharedRefusal: undefined,
      claimByteLength: byteLength ?? this.#mappedByteLength - byteOffset,
      buffer: () => this.#attachedBuffer(),
      byteLength: () => byteLength ?? this.#byteLength - byteOffset,
      bufferIfAlive: () => {
        const buffer = this.#buffer;
        return buffer !== undefined && bufferByteLength(buffer) === this.#mappedByteLength ? buffer : undefined;
      },
    };
  }
}
