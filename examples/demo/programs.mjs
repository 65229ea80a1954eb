/** The programs that the demo serves: each does some work, and each spoils the interpreter in its own way. */

import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {string} source
 * @property {unknown} result what it has to come to
 * @property {string[]} traces what `cleanliness.py` finds when nothing is put back
 */

/** @type {Omit<Program, 'source'>[]} */
const DESCRIPTIONS = [
  { name: 'primes', result: [2262, 21171191], traces: ['global variable'] },
  {
    name: 'words',
    result: [
      ['the', 180],
      ['fox', 120],
    ],
    traces: ['patched function'],
  },
  { name: 'circle', result: true, traces: ['patched constant'] },
  { name: 'shortest-path', result: 128, traces: ['added builtin'] },
  { name: 'shop', result: ['item 12', 1954], traces: ['patched class'] },
  { name: 'harmonic', result: [740575, 684085], traces: ['patched class'] },
  { name: 'colors', result: [180, 180, 180], traces: ['loaded module'] },
  { name: 'history', result: [1, 1161], traces: ['growing list in a module'] },
  { name: 'report', result: [17695, ['sales.csv']], traces: ['file or directory', 'environment variable'] },
  { name: 'ackermann', result: 63, traces: ['interpreter setting'] },
  { name: 'tasks', result: [2470, 20], traces: ['global variable'] },
];

/** The one that makes the heap grow, for good: WebAssembly memory cannot shrink. */
const GROWING = { name: 'big-table', result: [24, 6144], traces: ['global variable'] };

/**
 * @typedef {object} Programs
 * @property {Program[]} ordinary
 * @property {Program} growing
 */

/** @returns {Promise<Programs>} */
export async function loadPrograms() {
  return { ordinary: await Promise.all(DESCRIPTIONS.map(withSource)), growing: await withSource(GROWING) };
}

/**
 * @param {Omit<Program, 'source'>} description
 * @returns {Promise<Program>}
 */
async function withSource(description) {
  const file = new URL(`programs/${description.name}.py`, import.meta.url);
  return { ...description, source: await readFile(file, 'utf8') };
}
