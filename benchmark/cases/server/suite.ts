import type { Readings, Subject } from '../../harness/case.ts';
import { amount, digits, times } from '../../harness/print/amount.ts';
import { leastOf, ratioOf } from '../../harness/result.ts';
import type { Bench, Suite } from '../../harness/suite.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import { load, type Load } from './load.ts';
import { PROGRAMS, type Program } from './program.ts';
import { PythonServer } from './python-server.ts';

const CLEAN = 'clean for every request';
const DIRTY = 'never reset';
const WANTED_RATIO = 1.5;

/** To start one takes seconds. */
const INTERPRETERS = { quick: 2, full: 4 };
const REQUESTS = 500;
const QUICK_REQUESTS = 16;
const MEBIBYTE = 2 ** 20;

export const server: Suite = {
  name: 'server',
  shows: 'the Python server on loopback: a request in a clean interpreter against one that is never reset',
  async run(bench) {
    const interpreters = bench.quick ? INTERPRETERS.quick : INTERPRETERS.full;
    const args = ['--interpreters', String(interpreters)];
    const clean = await PythonServer.start(args);
    try {
      const dirty = await PythonServer.start([...args, '--reset', 'never']);
      try {
        // One request at a time; and more than there are interpreters, so that none of them is ever idle.
        for (const program of PROGRAMS) {
          for (const connections of [1, 2 * interpreters]) {
            await compare(bench, { clean, dirty, interpreters }, program, connections);
          }
        }
      } finally {
        dirty.stop();
      }
      await sayWhatIsResident(bench, clean, interpreters);
    } finally {
      clean.stop();
    }
  },
};

interface Servers {
  readonly clean: PythonServer;
  readonly dirty: PythonServer;
  readonly interpreters: number;
}

async function compare(
  bench: Bench,
  { clean, dirty, interpreters }: Servers,
  program: Program,
  connections: number,
): Promise<void> {
  const words = `${program.words}, ${connections === 1 ? 'one request at a time' : `${connections} at a time`}`;
  const order = { program, connections, requests: bench.quick ? QUICK_REQUESTS : REQUESTS };
  const result = await bench.run({
    suite: 'server',
    name: 'request',
    title: `${words}; ${interpreters} interpreters; \`each\` is the inverse of the throughput`,
    params: { program: program.name, connections, interpreters, requests: order.requests },
    unit: 'µs',
    rounds: 9,
    subjects: [
      subject(CLEAN, { ...order, url: clean.url }, (traces) => traces === 0),
      // Otherwise the two would be the same.
      subject(DIRTY, { ...order, url: dirty.url }, (traces) => traces > 0),
    ],
    ratios: [{ of: CLEAN, to: DIRTY }],
  });
  if (bench.quick) return;
  const each = leastOf(result, CLEAN, 'each');
  bench.note(
    `${words}: ${digits(1e6 / each)} requests per second in the least disturbed round, ` +
      `p50 ${amount(leastOf(result, CLEAN, 'p50'), 'µs')}, p99 ${amount(leastOf(result, CLEAN, 'p99'), 'µs')}`,
  );
  for (const part of ['p50', 'each']) {
    const ratio = ratioOf(result, CLEAN, DIRTY, part);
    bench.figure({
      figure: `server, ${words}: ${part === 'each' ? 'inverse throughput' : 'time of a request'}, clean against never reset`,
      wanted: `≤ ${WANTED_RATIO}×`,
      measured: times(ratio),
      reached: ratio <= WANTED_RATIO,
    });
  }
}

/** One server. Each response has to tell of as many traces as this server may leave. */
function subject(name: string, order: Load, traced: (traces: number) => boolean): Subject {
  const measure = async (): Promise<Readings> => {
    const { traces, each, p50, p99 } = await load(order);
    if (!traced(traces)) throw new WrongResult(`a program has found traces of ${traces} earlier ones`);
    return { each, p50, p99 };
  };
  return {
    name,
    check: async () => void (await load({ ...order, requests: QUICK_REQUESTS })),
    // What is watched has to settle, and V8 has to compile.
    async warmUp() {
      for (let turn = 0; turn < 3; turn += 1) await measure();
    },
    measure,
  };
}

async function sayWhatIsResident(bench: Bench, clean: PythonServer, interpreters: number): Promise<void> {
  const metrics = await clean.metrics();
  const [whole, memories] = ['process_resident_memory_bytes', 'python_interpreters_memory_bytes'].map((name) =>
    amount((metrics.get(name) ?? Number.NaN) / MEBIBYTE, 'MiB'),
  );
  const resets = metrics.get('python_reset_seconds_count') ?? 0;
  const mean = ((metrics.get('python_reset_seconds_sum') ?? 0) / resets) * 1e6;
  bench.note(
    `Resident with ${interpreters} interpreters: ${whole} the process, ${memories} (Pss) of it their memories and images. ` +
      `${digits(resets)} resets of ${amount(mean, 'µs')} on average.`,
  );
}
