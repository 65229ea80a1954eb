import autocannon from 'autocannon';

import { WrongResult } from '../../harness/wrong-result.ts';
import { tracesIn, type Program } from './program.ts';

/** How a server is loaded: so many connections, each with one request at a time, so many requests altogether. */
export interface Load {
  readonly url: string;
  readonly program: Program;
  readonly connections: number;
  readonly requests: number;
}

/** What came of it. Times are in microseconds. */
export interface Loaded {
  /** Duration divided by requests: 1 / throughput. */
  readonly each: number;
  readonly p50: number;
  readonly p99: number;
  /** Most traces of earlier programs that one has found. */
  readonly traces: number;
}

/** The longest that a load may take, in seconds, however slow the server is. */
const SECONDS_MAX = 60;
/** How often it is looked whether all requests were answered. */
const LOOK_MILLISECONDS = 100;

/**
 * Loads a server with autocannon and looks at every response.
 *
 * @throws {WrongResult} when one of them is wrong or does not come
 */
export async function load({ url, program, connections, requests }: Load): Promise<Loaded> {
  let traces = 0;
  let wrong: unknown;
  const times: number[] = [];
  const onResponse = (status: number, body: string): void => {
    try {
      traces = Math.max(traces, tracesIn(program, status, body));
    } catch (error) {
      wrong ??= error;
    }
  };
  const started = performance.now();
  // It looks now and then whether it is done.
  let ended = started;
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url,
        connections,
        amount: requests,
        timeout: SECONDS_MAX,
        sampleInt: LOOK_MILLISECONDS,
        requests: [{ method: 'POST', path: '/', body: program.source, onResponse }],
      },
      (error, summary) => (error ? reject(error as Error) : resolve(summary)),
    );
    // Its own percentiles are in whole milliseconds.
    instance.on('response', (_client, _status, _bytes, milliseconds) => {
      times.push(milliseconds * 1000);
      ended = performance.now();
    });
  });
  const duration = (ended - started) * 1000;
  if (wrong !== undefined) throw wrong;
  if (result.errors > 0 || result.timeouts > 0 || times.length !== requests) {
    throw new WrongResult(`${times.length} of ${requests} responses, ${result.errors} errors`);
  }
  times.sort((one, other) => one - other);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN;
  return { each: duration / requests, p50: at(0.5), p99: at(0.99), traces };
}
