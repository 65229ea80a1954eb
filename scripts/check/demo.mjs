import assert from 'node:assert/strict';

/** Reads the demo's --json. */
export function inspectDemo(output) {
  const report = JSON.parse(output);
  console.log(output.trim());
  assert.equal(report.requests, 20, 'the demo did not serve the requests it was asked for');
}
