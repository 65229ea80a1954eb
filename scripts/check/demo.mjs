import assert from 'node:assert/strict';

/** The fewest that the demo takes: each of its programs three times. */
export const DEMO_REQUESTS = 33;

/** Reads the demo's --json. */
export function inspectDemo(output) {
  const report = JSON.parse(output);
  console.log(output.trim());
  assert.equal(report.requests, DEMO_REQUESTS, 'the demo did not serve the requests it was asked for');
  assert.equal(report.cleanRequests, DEMO_REQUESTS, 'a request did not find a clean interpreter');
  assert.ok(report.tracesFoundWithoutReset.length >= 10, 'the check does not find what programs leave behind');
}
