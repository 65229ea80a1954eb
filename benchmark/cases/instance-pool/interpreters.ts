import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { Readings, Subject } from '../../harness/case.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import type { ResidentMemory } from './linear-memories.ts';

export const POOLED = 'an InstancePool';
export const SEPARATE = 'started separately';

/** The parts of the readings. */
export const LINEAR_MEMORIES = 'linear memories';
export const WITH_IMAGES = 'linear memories and images';
export const PROCESS = 'whole process';

const PROGRAM = fileURLToPath(new URL('serve-with-interpreters.ts', import.meta.url));
const MEBIBYTE = 2 ** 20;

/** So many interpreters in a process of their own, and the memory behind them. */
export function interpreters(name: typeof POOLED | typeof SEPARATE, count: number): Subject {
  let last: Readings | undefined;
  return {
    name,
    check() {
      // The process looks at the answers of each interpreter, and ends with an error when one is wrong.
      for (const [part, value] of Object.entries(last ?? {})) {
        if (!(value >= 0)) throw new WrongResult(`${part} take ${value} MiB`);
      }
    },
    async measure() {
      const way = name === POOLED ? 'pool' : 'separate';
      const args = ['--expose-gc', '--import=tsx', PROGRAM, way, String(count)];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { memories, images, process: all } = JSON.parse(stdout) as ResidentMemory;
      last = {
        [LINEAR_MEMORIES]: memories / MEBIBYTE,
        [WITH_IMAGES]: (memories + images) / MEBIBYTE,
        [PROCESS]: all / MEBIBYTE,
      };
      return last;
    },
  };
}
