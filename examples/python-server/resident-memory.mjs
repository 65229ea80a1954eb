/** How much memory the server takes, and how much of that is Python's. */

import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} ResidentMemory
 * @property {number} process resident bytes of the whole process
 * @property {number | undefined} interpreters bytes of the pages of all interpreters' memories that are in memory, those that they
 *   share counted once (Pss); without what a memory has grown by. Not every system tells
 */

/** @returns {Promise<ResidentMemory>} */
export async function residentMemory() {
  const process_ = process.memoryUsage.rss();
  const mappings = await readFile('/proc/self/smaps', 'utf8').catch(() => undefined);
  return { process: process_, interpreters: mappings === undefined ? undefined : sharedAndOwn(mappings) };
}

/**
 * The memories, and the images that they are put back from, are mapped from pagefold's memory files.
 * @param {string} mappings
 */
function sharedAndOwn(mappings) {
  let kibibytes = 0;
  for (const mapping of mappings.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    if (!mapping.includes('/memfd:pagefold-')) continue;
    kibibytes += Number(/^Pss:\s+(\d+) kB$/m.exec(mapping)?.[1] ?? 0);
  }
  return kibibytes * 1024;
}
