import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whether a step already ran on these inputs and everything it made is still there. */
export function isStamped({ stamp, isMade }, inputs) {
  return isMade() && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs;
}

export function removeStamp({ stamp }) {
  rmSync(stamp, { force: true });
}

export function writeStamp({ stamp }, inputs) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, inputs);
}
