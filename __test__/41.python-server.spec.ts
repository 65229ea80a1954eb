// The example's server: several interpreters in threads, clean for every program.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as later } from 'node:timers/promises';

import test from '#test';
import type { ExecutionContext } from '#test';

import { runScript } from './helpers/child.ts';
import { projectFile } from './helpers/project.ts';

const SERVER = projectFile('examples', 'python-server.mjs');
const INTERPRETERS = 2;
const WAITING_MAX = 2;

/** Leaves traces in two places, and tells of those that it has found. */
const POLLUTE = `import builtins, os
found = [name for name in ("leak",) if hasattr(builtins, name)] + [name for name in ("leak.txt",) if os.path.exists(name)]
builtins.leak = "a secret"
open("leak.txt", "w").close()
found`;

/** Can be stopped by nothing but the end of its thread. */
const STUBBORN = `while True:
    try:
        while True: pass
    except BaseException: pass`;

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly reset?: Record<string, unknown> };
}

interface Health {
  readonly status: string;
  readonly restarts: number;
  readonly interpreters: number;
  readonly free: number;
  readonly waiting: number;
}

class Server {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #lines: string[];

  constructor(url: string, process: ChildProcess, lines: string[]) {
    this.url = url;
    this.#process = process;
    this.#lines = lines;
  }

  static async start(t: ExecutionContext, ...args: string[]): Promise<Server> {
    const child = spawn(process.execPath, [SERVER, '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    t.teardown(() => child.kill('SIGKILL'));
    const lines: string[] = [];
    const errors: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
    const output = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    await Promise.race([once(output, 'line'), once(child, 'exit')]);
    const url = /^listening on (\S+)$/.exec(lines[0] ?? '')?.[1];
    if (url === undefined) throw new Error(`the server has not started: ${errors.join('')}`);
    return new Server(url, child, lines);
  }

  async post(source: string): Promise<Answer> {
    const response = await fetch(this.url, { method: 'POST', body: source });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  async health(): Promise<Health> {
    return (await (await fetch(new URL('healthz', this.url))).json()) as Health;
  }

  /** Asks until the health is as wanted; the test's own timeout is the limit. */
  async until(wanted: (health: Health) => boolean): Promise<Health> {
    for (;;) {
      const health = await this.health();
      if (wanted(health)) return health;
      await later(5);
    }
  }

  async metrics(): Promise<Map<string, number>> {
    const text = await (await fetch(new URL('metrics', this.url))).text();
    const lines = text.trimEnd().split('\n');
    return new Map(
      lines
        .filter((line) => !line.startsWith('#'))
        .map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]),
    );
  }

  /** Ends it as an operator would: what it printed last, and its exit code. */
  async end(): Promise<[code: number | null, line: string]> {
    this.#process.kill('SIGTERM');
    const [code] = (await once(this.#process, 'close')) as [number | null];
    return [code, this.#lines.at(-1) ?? ''];
  }
}

/** The example is for Node.js: it sets flags of V8, and ends threads that compute. */
function isElsewhere(t: ExecutionContext): boolean {
  const elsewhere = 'bun' in process.versions || 'deno' in process.versions;
  if (elsewhere) {
    t.log('skipped: the server is an example for Node.js, whose flags of V8 it sets');
    t.pass();
  }
  return elsewhere;
}

test.serial('programs find clean interpreters, whatever the ones before have done', async (t) => {
  if (isElsewhere(t)) return;
  t.timeout(240_000);
  const limits = ['--timeout', '3000', '--max-queue', String(WAITING_MAX), '--max-body', '100000'];
  const server = await Server.start(t, '--interpreters', String(INTERPRETERS), ...limits);
  t.deepEqual(await server.health(), { status: 'ok', restarts: 0, interpreters: INTERPRETERS, free: 2, waiting: 0 });

  // One after another, and as many at once as may be.
  for (let turn = 0; turn < 6; turn += 1) {
    const { status, body } = await server.post(POLLUTE);
    t.deepEqual([status, body['result']], [200, []]);
  }
  const atOnce = await Promise.all(Array.from({ length: INTERPRETERS + WAITING_MAX }, () => server.post(POLLUTE)));
  t.deepEqual(
    atOnce.map(({ status, body }) => [status, body['result']]),
    atOnce.map(() => [200, []]),
  );
  t.true(
    atOnce.some(({ body }) => Number(body.reset?.['pagesDirty']) > 10),
    'it tells of the reset that came before',
  );

  // What went wrong, in each of the ways that there are.
  const statusOf = async (source: string): Promise<number> => (await server.post(source)).status;
  t.is(await statusOf('1 / 0'), 422);
  t.is(await statusOf(' '.repeat(100_001)), 413);
  t.is((await fetch(server.url)).status, 405);
  t.is((await fetch(new URL('nothing', server.url))).status, 404);

  // All interpreters at work, all places in the queue taken; who comes then is turned away.
  const slow = 'import time; time.sleep(1.5); "slow"';
  const working = Array.from({ length: INTERPRETERS }, () => server.post(slow));
  await server.until(({ free }) => free === 0);
  const waiting = Array.from({ length: WAITING_MAX }, () => server.post(POLLUTE));
  await server.until((health) => health.waiting === WAITING_MAX);
  t.is(await statusOf(POLLUTE), 503);
  for (const { status, body } of await Promise.all(working)) t.deepEqual([status, body['result']], [200, 'slow']);
  for (const { status, body } of await Promise.all(waiting)) t.deepEqual([status, body['result']], [200, []]);

  // An interpreter that is lost, and one whose thread has to be ended, are replaced.
  t.is(await statusOf('import os; os._exit(1)'), 500);
  t.is((await server.until(({ free }) => free === INTERPRETERS)).restarts, 1);
  const stopped = await server.post('while True: pass');
  t.deepEqual([stopped.status, (stopped.body['error'] as Record<string, unknown>)['stoppedBy']], [504, 'interrupt']);
  const ended = await server.post(STUBBORN);
  t.deepEqual([ended.status, (ended.body['error'] as Record<string, unknown>)['stoppedBy']], [504, 'termination']);
  t.is((await server.until(({ free }) => free === INTERPRETERS)).restarts, 2);
  const after = await Promise.all(Array.from({ length: INTERPRETERS }, () => server.post(POLLUTE)));
  for (const { status, body } of after) t.deepEqual([status, body['result']], [200, []]);

  await server.until(({ free }) => free === INTERPRETERS);
  const metrics = await server.metrics();
  const ran = 6 + (INTERPRETERS + WAITING_MAX) + (INTERPRETERS + WAITING_MAX) + INTERPRETERS;
  t.is(metrics.get('python_requests_total{status="200"}'), ran);
  t.is(metrics.get('python_requests_total{status="503"}'), 1);
  t.is(metrics.get('python_requests_total{status="504"}'), 2);
  t.is(metrics.get('python_requests_total{status="500"}'), 1);
  // Of those that ran, the one that raised and the one that was interrupted.
  t.is(metrics.get('python_reset_seconds_count'), ran + 2);
  t.is(metrics.get('python_interpreters'), INTERPRETERS);
  t.is(metrics.get('python_interpreters_replaced_total'), 2);
  t.true(Number(metrics.get('python_request_seconds{quantile="0.99"}')) >= 1.5, 'the slow ones are among these');
  const length = Number(atOnce.find(({ body }) => body.reset !== undefined)?.body.reset?.['byteLength']);
  const memories = Number(metrics.get('python_interpreters_memory_bytes'));
  // Three images at most: one for each interpreter, and the one that they are started like.
  t.true(memories > 0 && memories < (INTERPRETERS + 1) * length, `${memories} bytes for memories of ${length} bytes`);
  t.log(`the memories of ${INTERPRETERS} interpreters take ${memories} bytes, each is ${length} bytes long`);

  const [code, line] = await server.end();
  t.is(code, 0);
  t.regex(
    line,
    /^served \d+ requests with 2 interpreters \(2 replaced\): \d+ per second, p50 .* MiB of it Python's memory$/,
  );
});

test.serial('--reset never: programs find what earlier ones have left', async (t) => {
  if (isElsewhere(t)) return;
  t.timeout(120_000);
  const server = await Server.start(t, '--interpreters', '1', '--reset', 'never');
  t.deepEqual((await server.post(POLLUTE)).body['result'], []);
  const { body } = await server.post(POLLUTE);
  t.deepEqual(body['result'], ['leak', 'leak.txt']);
  t.false('reset' in body);
  t.is((await server.metrics()).get('python_reset_seconds_count'), 0);
  t.is((await server.end())[0], 0);
});

test.serial('options that are none are refused', async (t) => {
  if (isElsewhere(t)) return;
  for (const args of [['--interpreters', '0'], ['--interpreters', '65'], ['--reset', 'sometimes'], ['--nothing']]) {
    const { code, stderr } = await runScript(SERVER, { args });
    t.is(code, 2, args.join(' '));
    t.regex(stderr, /Usage/);
  }
});
