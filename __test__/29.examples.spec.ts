// The examples do what they say.

import { fileURLToPath } from 'node:url';

import test from '#test';

import { runScript } from './helpers/child.ts';

const FORK_JOIN = fileURLToPath(new URL('../examples/fork-join.mjs', import.meta.url));

for (const workers of [1, 3, 8]) {
  test(`fork-join: ${workers} workers make what one thread makes`, async (t) => {
    const { code, signal, stdout, stderr } = await runScript(FORK_JOIN, { args: [String(workers)] });
    t.is(stderr, '');
    t.is(signal ?? code, 0, stdout);
    t.regex(stdout, new RegExp(`version 1 from ${workers} diffs`));
    t.regex(stdout, /the same, byte for byte, as one thread alone/);
  });
}

test('fork-join: a number of workers that is none is refused', async (t) => {
  for (const workers of ['0', '65', '1.5', 'many']) {
    const { code, stderr } = await runScript(FORK_JOIN, { args: [workers] });
    t.is(code, 2, workers);
    t.regex(stderr, /Usage/);
  }
});
