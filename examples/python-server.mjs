/**
 * An HTTP server that runs each posted Python program in a clean interpreter, several at a
 * time: each interpreter has a thread of its own, and shares the pages that are equal with the
 * others. It is reset after its answer was sent, and gets the next program then.
 *
 *   npm run example:python-server
 *   curl --data-binary 'import sys; sys.version' http://127.0.0.1:8000/
 *
 * POST /        200 the program ran to its end or called sys.exit; JSON with the value of its
 *                   last expression, what it wrote, and a report of the reset that made the
 *                   interpreter clean for it, unless it was the first one there
 *               400 the body is not UTF-8            413 the body is too long
 *               422 the program raised; `error` has the traceback
 *               500 the program destroyed its interpreter (os._exit, a WebAssembly trap)
 *               503 too many requests wait           504 the program ran too long
 * GET /healthz  200 with the state of the interpreters
 * GET /metrics  200, for Prometheus: requests per second, percentiles, resets, resident memory
 *
 * When it is told to end, it finishes what was accepted and prints the most important of these.
 *
 * Clean means: no trace of an earlier program is left. It does not mean that the server can be
 * given hostile programs; python/host-access.mjs says what stands between them and the host.
 */

import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';

import { readBody } from './python-server/body.mjs';
import { Interpreters } from './python-server/interpreters.mjs';
import { metricsText, summaryLine } from './python-server/metrics.mjs';
import { parseOptions, USAGE } from './python-server/options.mjs';
import { Refusal } from './python-server/refusal.mjs';
import { errorBody, replyTo, send } from './python-server/reply.mjs';
import { Traffic } from './python-server/traffic.mjs';

/** @import { AddressInfo } from 'node:net' */
/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { ServerOptions } from './python-server/options.mjs' */

const GRACE_MILLISECONDS = 500;
const CONNECTIONS_MAX = 256;

/** @param {ServerOptions} options */
async function main(options) {
  const { memoryByteLengthMax, outputByteLengthMax, fileByteLengthMax } = options;
  // Threads started from here on cannot turn text into JavaScript, one way out of Python less.
  setFlagsFromString('--disallow-code-generation-from-strings');

  const traffic = new Traffic();
  const interpreters = new Interpreters(options.queueLengthMax, (report) => traffic.reset(report));
  await interpreters.start(options.interpreters, {
    timeoutMilliseconds: options.timeoutMilliseconds,
    graceMilliseconds: GRACE_MILLISECONDS,
    limits: { memoryByteLengthMax, outputByteLengthMax, fileByteLengthMax },
    resets: options.resets,
  });

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (response.headersSent || response.destroyed) return;
      if (!(error instanceof Refusal)) console.error(error);
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalError', 'the server failed');
      // Whatever is left of the body is not read.
      const headers = request.complete ? refusal.headers : { ...refusal.headers, connection: 'close' };
      send(response, refusal.status, errorBody(refusal.type, refusal.message), headers);
    });
  });
  server.on('request', (_, response) => {
    // After a signal, a connection that is kept alive is closed as soon as its request is answered.
    response.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async function answer(request, response) {
    const [path] = (request.url ?? '/').split('?');
    if (path === '/healthz') {
      allowOnly(request, ['GET', 'HEAD']);
      const { count, free, waiting, restarts } = interpreters;
      return send(response, 200, JSON.stringify({ status: 'ok', restarts, interpreters: count, free, waiting }));
    }
    if (path === '/metrics') {
      allowOnly(request, ['GET', 'HEAD']);
      const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
      return send(response, 200, await metricsText(traffic, interpreters), headers);
    }
    if (path !== '/') throw new Refusal(404, 'NotFound', 'programs are posted to /');
    allowOnly(request, ['POST']);

    const started = performance.now();
    response.once('finish', () => traffic.answered(response.statusCode, started));
    const source = await readBody(request, options.bodyByteLengthMax);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    // What follows a program, its reset above all, is not waited for.
    const { verdict, reset } = await interpreters.take(gone.signal, async (interpreter) => {
      const reset = interpreter.lastReset;
      return { verdict: await interpreter.run(source), reset };
    });
    const { status, body } = replyTo(verdict, reset, options.timeoutMilliseconds);
    send(response, status, body);
  }

  server.listen(options.port, options.host, () => {
    const { address, family, port } = /** @type {AddressInfo} */ (server.address());
    console.log(`listening on http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`);
  });
  server.on('error', async (error) => {
    console.error(error.message);
    process.exitCode = 1;
    await interpreters.dispose();
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.once(signal, () => {
      console.log(`${signal}: finishing what was accepted`);
      server.close(async () => {
        console.log(await summaryLine(traffic, interpreters));
        await interpreters.dispose();
      });
      server.closeIdleConnections();
    });
  }
}

/**
 * @param {IncomingMessage} request
 * @param {string[]} methods
 */
function allowOnly(request, methods) {
  if (methods.includes(request.method ?? '')) return;
  const allow = methods.join(', ');
  throw new Refusal(405, 'MethodNotAllowed', `only ${allow}`, { allow });
}

/** @type {ServerOptions | 'help'} */
let options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(USAGE);
  process.exit(2);
}
if (options === 'help') {
  console.log(USAGE);
} else {
  await main(options).catch((error) => {
    console.error(`the interpreters could not be loaded: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  });
}
