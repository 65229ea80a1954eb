/**
 * How much memory a process takes that serves requests in one way. Run as a process
 * of its own (`node --expose-gc resident.mjs WAY TRACKER`), it prints what it found.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { keepByCopying, keepNothing } from './keepers.mjs';
import { Lane } from './lane.mjs';
import { processMemory } from './process-memory.mjs';
import { loadPrograms } from './programs.mjs';

/** @import { TrackerChoice } from 'pagefold' */
/** @import { ProcessMemory } from './process-memory.mjs' */

/** @typedef {'fresh' | 'copying' | 'pagefold'} Way */

/**
 * @param {Way} way
 * @param {TrackerChoice} tracker
 * @returns {Promise<ProcessMemory>}
 */
export async function residentMemory(way, tracker) {
  const file = fileURLToPath(import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', file, way, tracker]);
  return JSON.parse(stdout);
}

/**
 * @param {Way} way
 * @param {TrackerChoice} tracker
 */
async function measure(way, tracker) {
  const lane =
    way === 'pagefold'
      ? await Lane.openPooled(way, tracker)
      : await Lane.open(way, way === 'fresh' ? keepNothing : keepByCopying);
  const { ordinary } = await loadPrograms();
  // An interpreter that is not put back serves one request.
  const served = way === 'fresh' ? ordinary.slice(0, 1) : ordinary;
  for (const program of served) await lane.serve(program);
  globalThis.gc?.();
  console.log(JSON.stringify(await processMemory()));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , way, tracker] = process.argv;
  await measure(/** @type {Way} */ (way), /** @type {TrackerChoice} */ (tracker));
}
