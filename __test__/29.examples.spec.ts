// The examples do what they say.

import test from '#test';

import { runScript } from './helpers/child.ts';
import { tellsProcessState } from './helpers/process-state.ts';
import { projectFile } from './helpers/project.ts';
import { skip } from './helpers/skip.ts';

const FORK_JOIN = projectFile('examples', 'fork-join.mjs');
const PISCINA = projectFile('examples', 'piscina.mjs');

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

test('piscina: interpreters in all threads are clean, share their memory, and survive a program without an end', async (t) => {
  if ('bun' in process.versions || 'deno' in process.versions) {
    return skip(t, 'piscina', 'it is made for the worker threads of Node.js');
  }
  t.timeout(240_000);
  const { code, signal, stdout, stderr } = await runScript(PISCINA, { args: ['2', '2'] });
  t.is(stderr, '');
  t.is(signal ?? code, 0, stdout);
  t.regex(stdout, /found a clean interpreter +│ 16 of 16/);
  t.regex(stdout, /without an end +│ AbortError/);
  if (!tellsProcessState) return t.log('skipped, what is shared: there is no /proc/self');
  const [mapped = 0, counted = 0] = [/Rss\) +│ ([\d.]+) MiB/, /Pss\) +│ ([\d.]+) MiB/].map((field) =>
    Number(field.exec(stdout)?.[1]),
  );
  // Five interpreters, one of which has lost its thread perhaps, and the image that they share.
  t.true(counted > 0 && counted * 2 < mapped, stdout);
});

test('piscina: numbers of threads or interpreters that are none are refused', async (t) => {
  for (const args of [['0'], ['17'], ['2', '1.5'], ['2', 'many']]) {
    const { code, stderr } = await runScript(PISCINA, { args });
    t.is(code, 2, args.join());
    t.regex(stderr, /Usage/);
  }
});
