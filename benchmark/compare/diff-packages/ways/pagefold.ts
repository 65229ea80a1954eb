import { SnapshotDiff } from 'pagefold';

import type { Way } from '../way.ts';

/** `SnapshotDiff.between`, which is told nothing and compares everything, then `encode`. */
const sending = (compression: 'none' | 'lz4'): Way => ({
  async open() {
    return {
      encode: (before, after) => SnapshotDiff.between(before, after).encode({ compression }),
      decode(before, delta) {
        const result = new Uint8Array(before);
        SnapshotDiff.decode(delta).applyTo(result, before);
        return result;
      },
    };
  },
});

export const pagefold = sending('none');
export const pagefoldLz4 = sending('lz4');
