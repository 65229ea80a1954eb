/** Turns what was measured into the figures that are shown. */

import { release } from 'node:os';

import { median, summarize } from './statistics.mjs';

/** @import { RejectedTracker, TrackerKind } from 'pagefold' */
/** @import { Times } from './lane.mjs' */
/** @import { ProcessMemory } from './process-memory.mjs' */
/** @import { Leg } from './race.mjs' */

/** @typedef {ReturnType<typeof computeFigures>} Figures */

/**
 * @typedef {object} Measurements
 * @property {number} requests
 * @property {number[]} startMilliseconds
 * @property {{ copying: Leg, pagefold: Leg }} beforeGrowth
 * @property {{ copying: Leg, pagefold: Leg }} afterGrowth
 * @property {{ fresh: ProcessMemory, copying: ProcessMemory, pagefold: ProcessMemory }} resident
 * @property {number[]} dirtyPages that each program left, exactly
 * @property {TrackerKind} tracker
 * @property {readonly RejectedTracker[]} rejected
 * @property {string[]} tracesFoundWithoutReset
 */

/** @param {Measurements} measured */
export function computeFigures(measured) {
  const { requests, startMilliseconds, beforeGrowth, afterGrowth, resident } = measured;
  const copying = legFigures(beforeGrowth.copying);
  const pagefold = legFigures(beforeGrowth.pagefold);
  const startMicroseconds = median(startMilliseconds) * 1000;
  return {
    requests,
    cleanRequests: beforeGrowth.pagefold.times.length + afterGrowth.pagefold.times.length,
    tracesFoundWithoutReset: measured.tracesFoundWithoutReset,
    machine: { node: process.version, kernel: release(), arch: process.arch },
    tracker: measured.tracker,
    rejectedTrackers: measured.rejected,
    freshStart: {
      cleanUpMicroseconds: summarize(startMilliseconds.map((milliseconds) => milliseconds * 1000)),
      // The program takes as long as it does in an interpreter that is copied back.
      cycleMicroseconds: { median: startMicroseconds + copying.requestMicroseconds.median },
      resident: resident.fresh,
    },
    copying: { ...copying, resident: resident.copying },
    pagefold: {
      ...pagefold,
      dirtyPages: summarize(measured.dirtyPages),
      resident: resident.pagefold,
    },
    ratios: {
      freshStartToPagefold: startMicroseconds / pagefold.cleanUpMicroseconds.median,
      copyingToPagefold: copying.cleanUpMicroseconds.median / pagefold.cleanUpMicroseconds.median,
    },
    afterGrowth: { copying: legFigures(afterGrowth.copying), pagefold: legFigures(afterGrowth.pagefold) },
  };
}

/** @param {Leg} leg */
function legFigures({ times, heapByteLength }) {
  const of = (/** @type {keyof Times} */ part) => summarize(times.map((time) => time[part]));
  return {
    heapByteLength,
    cleanUpMicroseconds: of('memory'),
    javascriptMicroseconds: of('javascript'),
    requestMicroseconds: of('request'),
    cycleMicroseconds: of('cycle'),
  };
}
