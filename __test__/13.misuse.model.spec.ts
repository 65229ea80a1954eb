// Methods in random order, beside a plain model of what each has to do.
import { array, assert, constantFrom, nat, property, record, tuple, type Arbitrary } from 'fast-check';

import test from '#test';

import { lacks, TRACKERS } from './helpers/skip.ts';
import { ACTIONS, World, type Command } from './helpers/world.ts';

const number = nat({ max: 255 });
const command: Arbitrary<Command> = record({
  action: constantFrom(...ACTIONS),
  which: number,
  other: number,
  byte: number,
});
/** Most programs begin with something to work on. */
const program = tuple(
  constantFrom('make a memory', 'make a region'),
  array(command, { minLength: 1, maxLength: 80, size: 'max' }),
).map(([action, rest]): Command[] => [
  { action: action as Command['action'], which: 1, other: 200, byte: 0 },
  { action: 'view', which: 0, other: 0, byte: 0 },
  ...rest,
]);

for (const tracker of TRACKERS) {
  test(`${tracker}: methods in any order do what a plain model does`, (t) => {
    if (lacks(t, tracker)) return;
    let steps = 0;
    assert(
      property(program, (commands) => {
        const world = new World(tracker);
        try {
          for (const each of commands) {
            world.step(each);
            steps++;
            world.check();
          }
        } finally {
          world.dispose();
        }
      }),
      { numRuns: 150, includeErrorInReport: true },
    );
    t.true(steps > 1000);
  });
}
