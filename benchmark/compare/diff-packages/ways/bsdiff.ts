import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Way } from '../way.ts';

/** bsdiff-node has no declarations. */
interface Bsdiff {
  diffSync(before: string, after: string, delta: string): void;
  patchSync(before: string, after: string, delta: string): void;
}

/** bsdiff-node: Colin Percival's suffix sort and bzip2 as a native addon. It knows files only; those are part of its time. */
export const bsdiff: Way = {
  async open() {
    const { diffSync, patchSync } = createRequire(import.meta.url)('bsdiff-node') as Bsdiff;
    const folder = mkdtempSync(join(tmpdir(), 'pagefold-bsdiff-'));
    const [before, after, delta] = ['before', 'after', 'delta'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    return {
      encode(old, updated) {
        writeFileSync(before, old);
        writeFileSync(after, updated);
        diffSync(before, after, delta);
        return readFileSync(delta);
      },
      decode(old, bytes) {
        writeFileSync(before, old);
        writeFileSync(delta, bytes);
        patchSync(before, after, delta);
        return readFileSync(after);
      },
      close: () => rmSync(folder, { recursive: true }),
    };
  },
};
