import { InstancePool } from 'pagefold/wasm';
import loadWabt from 'wabt';

import { burst } from '../../harness/burst.ts';
import type { Subject } from '../../harness/case.ts';
import { collectGarbage } from '../../harness/collect-garbage.ts';
import { WrongResult } from '../../harness/wrong-result.ts';

export const RUN = 'pool.run()';
export const LEASE = 'tryAcquire() and release()';
export const BACKGROUND = 'the same, cleaned in a later turn';
export const ANEW = 'instantiated anew';

const CYCLES = 200;
/** Pages of 4 KiB that a request writes. */
const PAGES = 8;
const FIRST = 4096;
/** Adds up a table that was set up at the start, counts the calls, and writes to some pages. */
const TEXT = `(module
  (memory (export "memory") 16 64)
  (global $calls (mut i32) (i32.const 0))
  (func (export "prepare") (local i32)
    (loop
      (i32.store (local.get 0) (local.get 0))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (br_if 0 (i32.lt_u (local.get 0) (i32.const 262144)))))
  (func (export "handle") (param i32) (result i32) (local i32 i32)
    (loop
      (local.set 2 (i32.add (local.get 2) (i32.load (i32.add (i32.const ${FIRST}) (local.get 1)))))
      (i32.store (i32.add (i32.const ${FIRST}) (local.get 1)) (local.get 0))
      (local.set 1 (i32.add (local.get 1) (i32.const 4096)))
      (br_if 0 (i32.lt_u (local.get 1) (i32.const ${PAGES * 4096}))))
    (local.get 2)))`;

interface Exports {
  readonly prepare: () => void;
  readonly handle: (argument: number) => number;
}

const exportsOf = ({ exports }: WebAssembly.Instance): Exports => exports as unknown as Exports;

/** What a clean guest answers. */
const ANSWER = Array.from({ length: PAGES }, (_, page) => FIRST + page * 4096).reduce((sum, each) => sum + each, 0);

/** Brings a new one to where requests begin. */
const ready = (instance: WebAssembly.Instance): void => exportsOf(instance).prepare();

function checkAnswer(answer: number): void {
  if (answer !== ANSWER) throw new WrongResult(`the guest answered ${answer} instead of ${ANSWER}: it was not clean`);
}

/** A request with a lease of its own. */
function serveByLease(from: InstancePool<WebAssembly.Instance>): void {
  const lease = from.tryAcquire();
  if (lease === undefined) throw new Error('the pool has no guest');
  checkAnswer(exportsOf(lease.guest).handle(7));
  lease.release();
}

/** The same request, each time in a clean guest. */
export async function smallGuestSubjects(): Promise<Subject[]> {
  const wabt = await loadWabt();
  const parsed = wabt.parseWat('guest.wat', TEXT);
  const module = new WebAssembly.Module(new Uint8Array(parsed.toBinary({}).buffer));
  parsed.destroy();
  const create = (): WebAssembly.Instance => new WebAssembly.Instance(module);
  const pool = await InstancePool.create({ create, ready, size: 1 });
  const background = await InstancePool.create({ create, ready, size: 1, cleaner: 'background' });

  const anew = (): void => {
    const instance = create();
    ready(instance);
    checkAnswer(exportsOf(instance).handle(7));
  };
  const run = async (): Promise<void> => checkAnswer(await pool.run((instance) => exportsOf(instance).handle(7)));
  return [
    subject(RUN, run, () => void pool.close()),
    subject(LEASE, () => serveByLease(pool)),
    subject(
      BACKGROUND,
      () => serveByLease(background),
      () => void background.close(),
    ),
    // V8 gives the memory of instances back when it collects garbage, which would come at any time.
    { ...subject(ANEW, anew, undefined, 20), everyRounds: 4 },
  ];
}

function subject(name: string, work: () => void | Promise<void>, dispose?: () => void, cycles = CYCLES): Subject {
  const step = { part: 'request', run: work };
  return {
    name,
    check: async () => {
      for (let round = 0; round < 3; round += 1) await work();
    },
    warmUp: async () => void (await burst([step], { cycles: 2 * cycles })),
    measure: async () => {
      const readings = await burst([step], { cycles });
      if (name === ANEW) collectGarbage();
      return readings;
    },
    ...(dispose === undefined ? {} : { dispose }),
  };
}
