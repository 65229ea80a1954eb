// Random steps on a pool and on a plain model of it. A tracker, the number of steps and a seed are the arguments.
import type { TrackerKind } from 'pagefold';

import { PoolWorld } from '../helpers/pool-world.ts';
import { randomFrom } from '../helpers/random.ts';

const [tracker = 'compare', steps = '0', seed = '1'] = process.argv.slice(2);
const world = new PoolWorld(tracker as TrackerKind, randomFrom(Number(seed)));
for (let step = 0; step < Number(steps); step += 1) {
  try {
    const done = world.step();
    if (done !== undefined) await done;
  } catch (error) {
    throw new Error(`step ${step} of PAGEFOLD_TEST_SEED=${seed}`, { cause: error });
  }
}
await world.end();
console.log(JSON.stringify(world.tally));
