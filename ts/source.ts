import type { NativeView } from '../native/index.cjs';
import { bufferByteLength } from './buffer.ts';
import { PagefoldError } from './errors.ts';
import { sharedMappingRefusal } from './shared-mapping.ts';
import type { Snapshot } from './snapshot.ts';
import { memoryBuffer } from './wasm/memory.ts';

/**
 * Where a view finds its memory, asked anew for every operation.
 *
 * @internal
 */
export interface Source {
  /** The memory or region, for identity. */
  readonly owner: object;
  /** First byte of the view in the buffer. */
  readonly byteOffset: number;
  /** Bytes that the view can cover if its memory grows as far as it can without moving. */
  readonly claimByteLength: number;
  /** Why pages that others share cannot be put into it, if they cannot. */
  readonly sharedRefusal: string | undefined;
  /** The buffer as it is now. @throws {PagefoldError} when there is none any more. */
  buffer(): ArrayBuffer;
  /** Length of the view in that buffer. */
  byteLength(buffer: ArrayBuffer): number;
  /** The buffer if there still is one. */
  bufferIfAlive(): ArrayBuffer | undefined;
  /** Of a slot of a pool. */
  readonly leased?: Leased;
}

/**
 * A slot of a pool, which tracks it already.
 *
 * @internal
 */
export interface Leased {
  readonly baseline: Snapshot;
  hasEnded(): boolean;
  /** The bytes, which keep the lease. */
  bytes(): Uint8Array<ArrayBuffer>;
  view(): NativeView;
}

/**
 * All of a WebAssembly memory, following its growth.
 *
 * @internal
 */
export class MemorySource implements Source {
  readonly owner: WebAssembly.Memory;
  readonly byteOffset = 0;
  readonly claimByteLength: number;
  readonly sharedRefusal: string | undefined = sharedMappingRefusal();

  constructor(memory: WebAssembly.Memory) {
    this.owner = memory;
    this.claimByteLength = bufferByteLength(memoryBuffer(memory));
    if (this.claimByteLength === 0) {
      throw new PagefoldError('ERR_PAGEFOLD_OUT_OF_RANGE', 'the memory has no bytes yet; grow it before it is adopted');
    }
  }

  buffer(): ArrayBuffer {
    return memoryBuffer(this.owner);
  }

  byteLength(buffer: ArrayBuffer): number {
    return bufferByteLength(buffer);
  }

  bufferIfAlive(): ArrayBuffer {
    return memoryBuffer(this.owner);
  }
}
