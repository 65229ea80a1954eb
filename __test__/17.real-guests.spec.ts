// A guest as people run it: CPython, as Pyodide compiles it.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { loadPyodide, type PyodideAPI } from 'pyodide';
import { InstanceSnapshot } from 'pagefold/wasm';

import test from '#test';

import { equalBytes, isZero } from './helpers/pages.ts';

type CreateModule = NonNullable<NonNullable<Parameters<typeof loadPyodide>[0]>['createPyodideModule']>;

/** Pyodide, and the WebAssembly instance that it keeps to itself. */
async function load(): Promise<{ pyodide: PyodideAPI; instance: WebAssembly.Instance }> {
  const main = import.meta.resolve('pyodide/pyodide.asm.mjs');
  const { default: create } = (await import(main)) as { default: CreateModule };
  let instance: WebAssembly.Instance | undefined;
  const pyodide = await loadPyodide({
    // By itself it finds its files by a stack trace, which ava has source maps applied to.
    indexURL: dirname(fileURLToPath(main)),
    createPyodideModule: (settings) => {
      const { instantiateWasm } = settings;
      if (instantiateWasm === undefined) throw new Error('Pyodide instantiates in another way');
      return create({
        ...settings,
        instantiateWasm: (imports, done) =>
          instantiateWasm(imports, (created, module) => {
            instance = created;
            done(created, module);
          }),
      });
    },
  });
  if (instance === undefined) throw new Error('Pyodide instantiated nothing');
  return { pyodide, instance };
}

const WARM_UP = `
import json, math, re, sys
json.dumps({"warm": [1, 2.5, None]})
"up"`;

const POLLUTE = (round: number): string => `
import json, math, sys
polluted = list(range(20_000))
math.pi = ${round}
json.dumps = lambda value: "broken"
sys.modules["ghost"] = math
class Rubbish:
    cycle = None
rubbish = Rubbish()
rubbish.cycle = rubbish
${round % 10 === 0 ? 'block = bytearray(30_000_000)' : ''}
len(polluted)`;

const LOOK = `
import json, math, sys
json.dumps([json.dumps([1]) == "[1]", math.pi > 3.14159 and math.pi < 3.1416, "ghost" in sys.modules, "polluted" in globals(),
  "rubbish" in globals(), "block" in globals()])`;

test('CPython is clean after each of 50 requests', async (t) => {
  const { pyodide, instance } = await load();
  // What is made at the first use of anything belongs to the baseline.
  for (const code of [WARM_UP, LOOK]) pyodide.runPython(code);
  const guest = InstanceSnapshot.capture(instance);
  const baseline = guest.snapshot.read(0, guest.snapshot.byteLength);
  let mostDirty = 0;
  for (let round = 0; round < 50; round++) {
    t.is(pyodide.runPython(POLLUTE(round)), 20_000);
    const { memory } = guest.reset();
    mostDirty = Math.max(mostDirty, memory.pagesDirty);
    const { bytes } = guest.view;
    t.true(equalBytes(bytes.subarray(0, baseline.length), baseline), `round ${round}: the memory is the snapshot`);
    t.true(isZero(bytes.subarray(baseline.length)), `round ${round}: what was grown is zero`);
    t.is(pyodide.runPython(LOOK), '[true, true, false, false, false, false]', `round ${round}`);
    guest.reset();
    t.true(equalBytes(guest.view.bytes.subarray(0, baseline.length), baseline));
  }
  t.true(guest.view.byteLength > baseline.length, 'some of the requests have grown the memory');
  t.true(mostDirty > 100);
  guest.dispose();
  t.is(pyodide.runPython('1 + 1'), 2);
});
