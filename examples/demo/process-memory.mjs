/** How much memory this process takes, as Linux counts it. */

import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} ProcessMemory
 * @property {number} residentBytes VmRSS
 * @property {number | undefined} proportionalBytes shared pages divided by their users
 * @property {number | undefined} privateDirtyBytes what only this process has, and has written
 */

/** @returns {Promise<ProcessMemory>} */
export async function processMemory() {
  const [status, rollup] = await Promise.all([
    readFile('/proc/self/status', 'utf8'),
    // Not every kernel has it, and not every container shows it.
    readFile('/proc/self/smaps_rollup', 'utf8').catch(() => ''),
  ]);
  return {
    residentBytes: kibibytes(status, 'VmRSS') ?? process.memoryUsage.rss(),
    proportionalBytes: kibibytes(rollup, 'Pss'),
    privateDirtyBytes: kibibytes(rollup, 'Private_Dirty'),
  };
}

/**
 * @param {string} text
 * @param {string} field
 */
function kibibytes(text, field) {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text);
  return found === null ? undefined : Number(found[1]) * 1024;
}
