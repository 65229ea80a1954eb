/** The figures for people: a table, and what it shows in words. */

import Table from 'cli-table3';

/** @import { Figures } from './figures.mjs' */
/** @import { ProcessMemory } from './process-memory.mjs' */

const MEBIBYTE = 2 ** 20;

/** @param {Figures} figures */
export function renderTable({ freshStart, copying, pagefold, ratios, tracker }) {
  const table = new Table({
    head: [
      '',
      'clean-up',
      'times pagefold',
      'JS side',
      'request',
      'whole cycle',
      'dirty pages',
      'resident (private dirty)',
    ],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  table.push(
    [
      'fresh start',
      duration(freshStart.cleanUpMicroseconds.median),
      `${ratio(ratios.freshStartToPagefold)}×`,
      '',
      duration(copying.requestMicroseconds.median),
      duration(freshStart.cycleMicroseconds.median),
      '',
      resident(freshStart.resident),
    ],
    [
      `copying ${mebibytes(copying.heapByteLength)} back`,
      duration(copying.cleanUpMicroseconds.median),
      `${ratio(ratios.copyingToPagefold)}×`,
      duration(copying.javascriptMicroseconds.median),
      duration(copying.requestMicroseconds.median),
      duration(copying.cycleMicroseconds.median),
      '',
      resident(copying.resident),
    ],
    [
      `pagefold reset (${tracker})`,
      duration(pagefold.cleanUpMicroseconds.median),
      '1×',
      duration(pagefold.javascriptMicroseconds.median),
      duration(pagefold.requestMicroseconds.median),
      duration(pagefold.cycleMicroseconds.median),
      `${Math.round(pagefold.dirtyPages.median)}, max ${pagefold.dirtyPages.max}`,
      resident(pagefold.resident),
    ],
  );
  return table.toString();
}

/** @param {Figures} figures */
export function renderNotes({ afterGrowth, rejectedTrackers }) {
  const { copying, pagefold } = afterGrowth;
  return [
    'Medians. "Clean-up" puts the WebAssembly memory back; "JS side" is what Pyodide keeps in JavaScript: files,',
    'descriptors, references, timers. A fresh start needs neither.',
    `After a program made the heap grow to ${mebibytes(pagefold.heapByteLength)}: ` +
      `copying ${duration(copying.cleanUpMicroseconds.median)}, pagefold ${duration(pagefold.cleanUpMicroseconds.median)}.`,
    ...rejectedTrackers.map(({ tracker, reason }) => `Tracker ${tracker} is not used: ${reason}.`),
  ].join('\n');
}

/** @param {Figures} figures */
export function renderSentence({ requests, pagefold, copying, freshStart, ratios, tracesFoundWithoutReset }) {
  const reset = duration(pagefold.cleanUpMicroseconds.median);
  const copy = duration(copying.cleanUpMicroseconds.median);
  const start = duration(freshStart.cleanUpMicroseconds.median);
  return (
    `${requests} Python programs, each of which spoiled its interpreter, all found it as new ` +
    `(without a reset, the same check finds ${tracesFoundWithoutReset.length} kinds of traces): ` +
    `putting it back took ${reset}, ${ratio(ratios.copyingToPagefold)} times less than copying its heap (${copy}) ` +
    `and ${ratio(ratios.freshStartToPagefold)} times less than starting a new one (${start}).`
  );
}

/** @param {number} microseconds */
function duration(microseconds) {
  if (microseconds < 1000) return `${microseconds.toFixed(0)} µs`;
  if (microseconds < 1_000_000) return `${(microseconds / 1000).toFixed(2)} ms`;
  return `${(microseconds / 1_000_000).toFixed(2)} s`;
}

/** @param {number} value */
function ratio(value) {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

/** @param {number} bytes */
function mebibytes(bytes) {
  return `${Math.round(bytes / MEBIBYTE)} MiB`;
}

/** @param {ProcessMemory} memory */
function resident({ residentBytes, privateDirtyBytes }) {
  return mebibytes(residentBytes) + (privateDirtyBytes === undefined ? '' : ` (${mebibytes(privateDirtyBytes)})`);
}
