import { applyDelta, createDelta } from 'fossil-delta';

import type { Way } from '../way.ts';

/** fossil-delta: rsync-like blocks of 16 bytes, in JavaScript. */
export const fossil: Way = {
  async open() {
    return { encode: createDelta, decode: (before, delta) => applyDelta(before, delta) };
  },
};
