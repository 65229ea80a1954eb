// pagefold in worker threads, which come and go.
import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';

import { MemoryView, Region, Snapshot } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { guest } from './helpers/guest.ts';
import { PAGE } from './helpers/pages.ts';
import { tellsProcessState } from './helpers/process-state.ts';
import { seeded } from './helpers/random.ts';
import { skip } from './helpers/skip.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { startWorker } from './helpers/worker.ts';

interface Outcome {
  readonly completed: { readonly done: number };
  readonly terminated: number;
  readonly resets: number;
  readonly isBack: boolean;
  readonly hoard: { readonly taken: number; readonly left: number };
}

test.serial('52 workers terminated at random moments while the main thread works', async (t) => {
  if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
  const seed = String(seeded(t).below(2 ** 31));
  const outcome = (await outcomeOf('workers', { args: ['26', seed, temporaryFolder(t)] })) as Outcome;
  t.log(outcome);
  t.is(outcome.completed.done, 20);
  t.is(outcome.terminated, 52);
  t.true(outcome.resets > 100);
  if ('deno' in process.versions) {
    return t.log('skipped, what ended workers give back: Deno finalizes no native object of a worker that ends');
  }
  t.true(outcome.isBack, 'descriptors and mappings are back at the start');
  t.true(outcome.hoard.taken > 10 * 2 ** 30, 'a worker took 12.5 GiB of address space');
  t.true(outcome.hoard.left < outcome.hoard.taken / 4, 'and its end gave them back');
});

for (const way of ['throw', 'exit', 'reject', 'return']) {
  test.serial(`a worker that ends by ${way} leaves the main thread alone`, async (t) => {
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 2 }));
    view.snapshot();
    for (let round = 0; round < 3; round++) {
      const worker = startWorker('fail', way);
      worker.on('error', (error) => t.regex(String(error), /on purpose/));
      view.bytes.fill(1);
      await new Promise((resolve) => worker.on('exit', resolve));
      view.reset();
      t.is(view.bytes[0], 0);
    }
    view.dispose();
  });
}

test.serial('a process that exits while workers are busy', async (t) => {
  const folder = temporaryFolder(t);
  for (let round = 0; round < 3; round++) t.is(await outcomeOf('exit-with-workers', { args: [folder] }), 'leaving');
});

test('no object of pagefold arrives in another thread as one', async (t) => {
  const { instance } = await guest();
  const region = Region.allocate(PAGE);
  const view = region.view();
  const objects = [region, view, view.snapshot(), InstanceSnapshot.capture(instance)];
  const { port1, port2 } = new MessageChannel();
  for (const object of objects) {
    let isRefused = false;
    try {
      port1.postMessage(object);
    } catch (error) {
      t.is((error as Error).name, 'DataCloneError');
      isRefused = true;
    }
    if (isRefused) continue;
    const [message] = (await once(port2, 'message')) as [object];
    const clone: unknown = (message as { data?: unknown }).data ?? message;
    for (const Class of [Region, MemoryView, Snapshot, InstanceSnapshot]) t.false(clone instanceof Class);
    // Nothing in it that could be taken for the real one.
    t.deepEqual(Reflect.ownKeys(clone as object), []);
  }
  port1.close();
  for (const object of objects) object.dispose();
});
