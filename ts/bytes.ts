import { types } from 'node:util';

import { publishCopy } from './channels.ts';
import { wrongType } from './check.ts';
import { PagefoldError } from './errors.ts';

/**
 * Bytes for the addon to read. Other threads may write to shared bytes: the engine then makes a copy that the addon reads.
 *
 * @internal
 */
export function stableBytes(value: unknown, name: string): Uint8Array {
  if (!types.isUint8Array(value)) throw wrongType(value, name, 'a Uint8Array');
  if (!types.isSharedArrayBuffer(value.buffer)) return value;
  const copy = new Uint8Array(value);
  publishCopy('shared-bytes', copy.byteLength, undefined);
  return copy;
}

/**
 * Bytes for the addon to write to, which no other thread may have.
 *
 * @internal
 */
export function ownBytes(value: unknown, name: string): Uint8Array {
  if (!types.isUint8Array(value)) throw wrongType(value, name, 'a Uint8Array');
  if (!types.isSharedArrayBuffer(value.buffer)) return value;
  throw new PagefoldError(
    'ERR_PAGEFOLD_SHARED_MEMORY',
    `${name} is shared with other threads; apply the diff to a copy`,
  );
}
