import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Suite } from '../../harness/suite.ts';
import { heapContents } from '../reset/resident-heap.ts';
import { capturing, copying, opening, restoring, saving } from './operations.ts';
import { operationSubject } from './subject.ts';

const MEBIBYTE = 2 ** 20;
const BYTE_LENGTH = 64 * MEBIBYTE;

export const snapshot: Suite = {
  name: 'snapshot',
  shows: 'snapshot, restore, save and open of 64 MiB, against a plain copy',
  async run(bench) {
    const folder = mkdtempSync(join(tmpdir(), 'pagefold-benchmark-'));
    try {
      for (const [inUse, words] of [
        [1, 'all of it in use'],
        [8, 'an eighth of it in use'],
      ] as const) {
        const contents = heapContents(BYTE_LENGTH);
        contents.fill(0, BYTE_LENGTH / inUse);
        const operations = [
          copying(contents),
          capturing(contents),
          restoring(contents),
          saving(contents, join(folder, 'saved')),
          opening(contents, join(folder, 'to-open')),
        ];
        await bench.run({
          suite: 'snapshot',
          name: 'whole-memory',
          title: `64 MiB, ${words}`,
          params: { byteLength: BYTE_LENGTH, bytesInUse: BYTE_LENGTH / inUse },
          unit: 'MiB/s',
          rounds: 11,
          subjects: operations.map((operation) => operationSubject(operation, BYTE_LENGTH)),
          ratios: operations.slice(1).map(({ name }) => ({ of: operations[0]?.name ?? '', to: name })),
        });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
