/** What a verdict looks like over HTTP. */

/** @import { ServerResponse } from 'node:http' */
/** @import { Verdict } from '../python/isolated-interpreter.mjs' */
/** @import { ResetReport } from '../python/interpreter.mjs' */
/** @import { Outcome } from '../python/program-runner.mjs' */

/**
 * @param {Verdict} verdict
 * @param {ResetReport | undefined} reset the one before it
 * @param {number} timeoutMilliseconds
 * @returns {{ status: number, body: string }}
 */
export function replyTo(verdict, reset, timeoutMilliseconds) {
  switch (verdict.kind) {
    case 'ended': {
      const { outcome, runMilliseconds } = verdict;
      return { status: outcome.error === undefined ? 200 : 422, body: describe(outcome, reset, runMilliseconds) };
    }
    case 'timeout': {
      const message = `the program was still running after ${timeoutMilliseconds} ms`;
      return { status: 504, body: errorBody('Timeout', message, { stoppedBy: verdict.stoppedBy }) };
    }
    case 'lost':
      return { status: 500, body: errorBody('InterpreterLost', verdict.message) };
  }
}

/**
 * @param {string} type
 * @param {string} message
 * @param {Record<string, unknown>} [details]
 */
export function errorBody(type, message, details = {}) {
  return JSON.stringify({ error: { type, message, ...details } });
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string} body JSON
 * @param {Record<string, string>} [headers]
 */
export function send(response, status, body, headers = {}) {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/**
 * The result is JSON text already and stays as Python wrote it: JavaScript would round large integers.
 * @param {Outcome} outcome
 * @param {ResetReport | undefined} reset
 * @param {number} runMilliseconds
 */
function describe({ result, ...rest }, reset, runMilliseconds) {
  const fields = JSON.stringify({ ...rest, runMilliseconds, reset: reset && summarize(reset) });
  return result === undefined ? fields : `{"result":${result},${fields.slice(1)}`;
}

/** @param {ResetReport} reset */
function summarize({ memory, memoryMicroseconds, javascript, javascriptMicroseconds }) {
  return {
    strategy: memory?.memory.strategy,
    pagesDirty: memory?.memory.pagesDirty,
    byteLength: memory?.memory.byteLength,
    memoryMicroseconds: Math.round(memoryMicroseconds),
    javascriptMicroseconds: Math.round(javascriptMicroseconds),
    ...javascript,
  };
}
