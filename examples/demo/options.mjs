/** The demo's command line. */

import { parseArgs } from 'node:util';

/** @import { TrackerChoice } from 'pagefold' */

const REQUESTS_MIN = 33;
const TRACKERS = /** @type {const} */ (['auto', 'uffd-wp', 'cow-private', 'pagemap-read', 'compare']);

export const USAGE = `Usage: npm run demo -- [options]

  --requests COUNT   how many requests to serve, ${REQUESTS_MIN} or more (300)
  --tracker NAME     ${TRACKERS.join(', ')} (auto)
  --json             print one JSON object instead of the table
  --help
`;

/** @typedef {{ requests: number, tracker: TrackerChoice, json: boolean }} DemoOptions */

/**
 * @param {string[]} args
 * @returns {DemoOptions | 'help'}
 * @throws {Error} whose message is fit to print
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      requests: { type: 'string', default: '300' },
      tracker: { type: 'string', default: 'auto' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const requests = /^\d{1,6}$/.test(values.requests) ? Number(values.requests) : 0;
  if (requests < REQUESTS_MIN) throw new Error(`--requests takes a whole number from ${REQUESTS_MIN} to 999999`);
  const tracker = TRACKERS.find((name) => name === values.tracker);
  if (tracker === undefined) throw new Error(`--tracker takes one of ${TRACKERS.join(', ')}`);
  return { requests, tracker, json: values.json };
}
