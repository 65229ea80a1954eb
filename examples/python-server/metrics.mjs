/** What the server has done, as text for Prometheus and as lines for people. */

import { residentMemory } from './resident-memory.mjs';

/** @import { Interpreters } from './interpreters.mjs' */
/** @import { Traffic } from './traffic.mjs' */

/**
 * @param {Traffic} traffic
 * @param {Interpreters} interpreters
 * @returns {Promise<string>}
 */
export async function metricsText(traffic, interpreters) {
  const resident = await residentMemory();
  const [p50 = 0, p99 = 0] = traffic.quantiles(0.5, 0.99);
  const lines = [
    '# TYPE python_requests_total counter',
    ...[...traffic.statuses].map(([status, count]) => `python_requests_total{status="${status}"} ${count}`),
    '# TYPE python_request_seconds summary',
    `python_request_seconds{quantile="0.5"} ${p50}`,
    `python_request_seconds{quantile="0.99"} ${p99}`,
    `python_request_seconds_sum ${traffic.seconds}`,
    `python_request_seconds_count ${traffic.requests}`,
    '# TYPE python_requests_per_second gauge',
    `python_requests_per_second ${traffic.perSecond}`,
    '# TYPE python_requests_waiting gauge',
    `python_requests_waiting ${interpreters.waiting}`,
    '# TYPE python_reset_seconds summary',
    `python_reset_seconds_sum ${traffic.resetSeconds}`,
    `python_reset_seconds_count ${traffic.resets}`,
    '# TYPE python_reset_pages_total counter',
    `python_reset_pages_total ${traffic.pagesReset}`,
    '# TYPE python_interpreters gauge',
    `python_interpreters ${interpreters.count}`,
    '# TYPE python_interpreters_free gauge',
    `python_interpreters_free ${interpreters.free}`,
    '# TYPE python_interpreters_replaced_total counter',
    `python_interpreters_replaced_total ${interpreters.restarts}`,
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${resident.process}`,
  ];
  if (resident.interpreters !== undefined) {
    lines.push(
      '# TYPE python_interpreters_memory_bytes gauge',
      `python_interpreters_memory_bytes ${resident.interpreters}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/**
 * @param {Traffic} traffic
 * @param {Interpreters} interpreters
 * @returns {Promise<string>}
 */
export async function summaryLine(traffic, interpreters) {
  const resident = await residentMemory();
  const [p50 = 0, p99 = 0] = traffic.quantiles(0.5, 0.99);
  const own = resident.interpreters === undefined ? '' : `, ${mebibytes(resident.interpreters)} of it Python's memory`;
  return (
    `served ${traffic.requests} requests with ${interpreters.count} interpreters (${interpreters.restarts} replaced): ` +
    `${traffic.perSecond.toFixed(0)} per second, p50 ${(p50 * 1000).toFixed(2)} ms, p99 ${(p99 * 1000).toFixed(2)} ms; ` +
    `${mebibytes(resident.process)} resident${own}`
  );
}

/** @param {number} bytes */
function mebibytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
