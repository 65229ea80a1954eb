/** Counts requests and resets, and remembers how long the latest ones took. */

/** @import { ResetReport } from '../python/interpreter.mjs' */

/** So many requests are looked at for percentiles and throughput: the latest ones. */
const LATEST_MAX = 4096;

export class Traffic {
  /** Requests by status. @type {Map<number, number>} */
  statuses = new Map();
  requests = 0;
  seconds = 0;
  resets = 0;
  resetSeconds = 0;
  pagesReset = 0;
  #durations = new Float64Array(LATEST_MAX);
  #ends = new Float64Array(LATEST_MAX);

  /**
   * @param {number} status
   * @param {number} started by performance.now()
   */
  answered(status, started) {
    const ended = performance.now();
    const place = this.requests % LATEST_MAX;
    this.#durations[place] = (ended - started) / 1000;
    this.#ends[place] = ended;
    this.requests += 1;
    this.seconds += (ended - started) / 1000;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  /** @param {ResetReport} report */
  reset({ memory, memoryMicroseconds, javascriptMicroseconds }) {
    this.resets += 1;
    this.resetSeconds += (memoryMicroseconds + javascriptMicroseconds) / 1e6;
    this.pagesReset += memory?.memory.pagesRestored ?? 0;
  }

  /** Of the latest requests, from the end of the first one to that of the last one. */
  get perSecond() {
    const count = Math.min(this.requests, LATEST_MAX);
    if (count < 2) return 0;
    const last = this.#ends[(this.requests - 1) % LATEST_MAX] ?? 0;
    const first = this.#ends[(this.requests - count) % LATEST_MAX] ?? 0;
    return ((count - 1) * 1000) / Math.max(last - first, 0.001);
  }

  /**
   * Of the latest requests, in seconds; 0 when there was none.
   * @param {number[]} shares from 0 to 1
   */
  quantiles(...shares) {
    const sorted = this.#durations.subarray(0, Math.min(this.requests, LATEST_MAX)).toSorted();
    return shares.map((share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  }
}
