// Stands in for ava where ava does not run (Bun and Deno): the import `#test` of package.json leads here. It knows only
// what the specs use. Tests of a file run one after another once the file has been evaluated; the process then ends.
import { Assertions } from './harness-assertions.ts';

type Body = (t: Assertions) => unknown;
interface Test {
  readonly title: string;
  readonly body: Body;
}

const DEFAULT_TIMEOUT_MS = 300_000;

const tests: Test[] = [];
let running: string | undefined;
let started = false;

function test(title: string, body: Body): void {
  tests.push({ title, body });
}

export default Object.assign(test, { serial: test });

process.on('beforeExit', () => {
  if (running !== undefined) {
    console.log(`not ok - ${running}\n  the event loop ran dry before the test ended`);
    process.exit(1);
  }
  if (!started) void runAll();
});

async function runAll(): Promise<void> {
  started = true;
  let failed = tests.length === 0 ? 1 : 0;
  for (const { title, body } of tests) {
    running = title;
    const t = new Assertions();
    const problems = await run(t, body);
    running = undefined;
    console.log(`${problems.length === 0 ? 'ok' : 'not ok'} - ${title}`);
    for (const line of [...t.logged, ...problems]) console.log(line.replace(/^/gm, '  '));
    if (problems.length > 0) failed++;
  }
  console.log(`${tests.length - Math.min(failed, tests.length)} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

async function run(t: Assertions, body: Body): Promise<string[]> {
  const problems: string[] = [];
  const attempt = async (work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  };
  await attempt(() => withinTime(t, body));
  await attempt(() => t.end());
  for (const teardown of t.teardowns.toReversed()) await attempt(teardown);
  return problems;
}

async function withinTime(t: Assertions, body: Body): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const overtime = new Promise<never>((_, reject) => {
    t.timeout = (milliseconds) => {
      clearTimeout(timer);
      timer = setTimeout(() => reject(new Error(`did not end within ${milliseconds} ms`)), milliseconds);
      timer.unref();
    };
  });
  t.timeout(DEFAULT_TIMEOUT_MS);
  try {
    await Promise.race([body(t), overtime]);
  } finally {
    clearTimeout(timer);
  }
}
