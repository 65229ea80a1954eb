import type { InspectOptionsStylized } from 'node:util';

import type { NativeRegion } from '../native/index.cjs';
import { binding } from './binding.ts';
import { bufferByteLength } from './buffer.ts';
import { checkBytes, checkOptions, checkText } from './check.ts';
import { native, PagefoldError } from './errors.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from './made-here.ts';
import { MemoryView, type ViewOptions } from './memory-view.ts';
import { pageByteLength } from './page.ts';
import type { Source } from './source.ts';

/** Options of {@link Region.allocate}. */
export interface RegionOptions {
  /**
   * How far {@link Region.grow} can go. Costs address space only.
   *
   * @default the length
   */
  maxByteLength?: number | undefined;
  /** Shown by `util.inspect`. */
  name?: string | undefined;
}

/**
 * Memory that pagefold owns: zero-filled, outside the engine's heap, growable in place, returned by {@link
 * Region.dispose} at once.
 */
export class Region implements Disposable {
  readonly #maxByteLength: number;
  readonly #mappedByteLength: number;
  readonly #name: string;
  #native: NativeRegion | undefined;
  #byteLength: number;
  /** The one buffer over the mapping, made when first needed. */
  #buffer: ArrayBuffer | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  /** @internal */
  constructor(made: MadeHere, byteLength: number, maxByteLength: number, name: string) {
    checkMadeHere(made, 'a Region is made by Region.allocate()');
    const region = native(() => new (binding().NativeRegion)(byteLength, maxByteLength));
    this.#native = region;
    this.#byteLength = byteLength;
    this.#maxByteLength = maxByteLength;
    this.#mappedByteLength = region.mappedByteLength();
    this.#name = name;
  }

  /**
   * Allocates a region of `byteLength` bytes, all zero.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` for an impossible length; `ERR_PAGEFOLD_OUT_OF_MEMORY` when there
   * is no address space left.
   */
  static allocate(byteLength: number, options?: RegionOptions): Region {
    const length = checkBytes(byteLength, 'byteLength', 1);
    const { maxByteLength, name } = checkOptions(options);
    const max = maxByteLength === undefined ? length : checkBytes(maxByteLength, 'maxByteLength', length);
    return new Region(MADE_HERE, length, max, name === undefined ? '' : checkText(name, 'name'));
  }

  /** Bytes in use. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Bytes that {@link Region.grow} can reach. */
  get maxByteLength(): number {
    return this.#maxByteLength;
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
   * covers some of it.
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
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when that is shorter than now, or above the maximum;
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
   * unfinished call ends with an error. Idempotent.
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
      const { name, byteLength, maxByteLength } = this;
      return { ...(name !== '' && { name }), byteLength, maxByteLength };
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
