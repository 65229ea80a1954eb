// How much memory stands behind the linear memories of this process. Each lies at the beginning of a reservation of several
// GiB, the rest of which nobody may touch: what can be written to right before such a rest is a linear memory.
import { readFileSync } from 'node:fs';

import { WrongResult } from '../../harness/wrong-result.ts';

const GIBIBYTE = 2 ** 30;

/** One mapping of this process. */
interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly writable: boolean;
  readonly inaccessible: boolean;
  /** A memory file of pagefold: an image, or a layer of one. */
  readonly image: boolean;
  readonly pssBytes: number;
}

/** Proportional resident memory, in bytes: a page that n mappings show counts as an nth of one in each. */
export interface ResidentMemory {
  /** Of the linear memories. */
  readonly memories: number;
  /** Of images, where they are mapped elsewhere: to be compared and copied from. */
  readonly images: number;
  /** Of everything. */
  readonly process: number;
}

/**
 * Looks at all of them.
 *
 * @throws {WrongResult} when there are not exactly `count` linear memories of `byteLength`.
 */
export function residentMemory(count: number, byteLength: number): ResidentMemory {
  const mappings = readMappings();
  const memories = new Set<Mapping>();
  let found = 0;
  mappings.forEach((rest, index) => {
    if (!rest.inaccessible || rest.end - rest.start < GIBIBYTE) return;
    const parts = writableBefore(mappings, index);
    const length = parts.reduce((sum, { start, end }) => sum + end - start, 0);
    if (length !== byteLength) return;
    found += 1;
    for (const part of parts) memories.add(part);
  });
  if (found !== count) throw new WrongResult(`found ${found} linear memories of ${byteLength} bytes, not ${count}`);
  const pss = (chosen: (mapping: Mapping) => boolean): number =>
    mappings.filter((mapping) => chosen(mapping)).reduce((sum, { pssBytes }) => sum + pssBytes, 0);
  return {
    memories: pss((mapping) => memories.has(mapping)),
    images: pss((mapping) => mapping.image && !memories.has(mapping)),
    process: pss(() => true),
  };
}

/** The mappings that lie, without a gap, right before one of them. */
function writableBefore(mappings: readonly Mapping[], index: number): Mapping[] {
  const parts: Mapping[] = [];
  let { start } = mappings[index] as Mapping;
  for (let at = index - 1; at >= 0; at -= 1) {
    const mapping = mappings[at] as Mapping;
    if (mapping.end !== start || !mapping.writable) break;
    parts.push(mapping);
    start = mapping.start;
  }
  return parts;
}

function readMappings(): Mapping[] {
  const mappings: Mapping[] = [];
  for (const block of readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const [, start, end, rights] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(block) ?? [];
    if (start === undefined || end === undefined || rights === undefined) continue;
    mappings.push({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      writable: rights.startsWith('rw'),
      inaccessible: rights.startsWith('---'),
      image: block.includes('/memfd:pagefold-'),
      pssBytes: Number(/^Pss:\s+(\d+) kB$/m.exec(block)?.[1] ?? 0) * 1024,
    });
  }
  return mappings;
}
