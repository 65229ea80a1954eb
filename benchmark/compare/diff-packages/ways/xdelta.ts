import { decodeSync, encodeSync } from '@chainsafe/xdelta3-node';

import type { Way } from '../way.ts';

/** @chainsafe/xdelta3-node: xdelta 3 as a native addon. */
export const xdelta: Way = {
  async open() {
    return { encode: encodeSync, decode: decodeSync };
  },
};
