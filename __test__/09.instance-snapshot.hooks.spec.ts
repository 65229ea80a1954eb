// State of a guest that lies in JavaScript: functions of the user capture it and put it back.
import { MemoryView } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test from '#test';

import { guest, instantiated } from './helpers/guest.ts';
import { refused } from './helpers/refusal.ts';

/** An error that is not pagefold's. */
class Mine extends Error {}

const COUNTER = `(module
  (memory (export "memory") 1 4)
  (global $count (export "count") (mut i32) (i32.const 0))
  (table (export "table") 2 funcref)
  (func $tick (export "tick") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (table.set 0 (i32.const 1) (ref.func $tick))
    (i32.store (i32.const 0) (global.get $count))
    (global.get $count)))`;

interface Counter {
  readonly memory: WebAssembly.Memory;
  readonly count: WebAssembly.Global<'i32'>;
  readonly table: WebAssembly.Table;
  readonly tick: () => number;
}

async function counter(): Promise<Counter> {
  const { exports } = await instantiated(COUNTER);
  return exports as unknown as Counter;
}

/** The same three facts, however they are looked at. */
function look({ memory, count, table }: Counter): unknown[] {
  return [new Uint32Array(memory.buffer)[0], count.value, table.get(1) !== null];
}

test('files in JavaScript are put back with the rest', async (t) => {
  const exports = await counter();
  const files = new Map([['kept', 1]]);
  const captured = InstanceSnapshot.capture(
    { exports: { ...exports } },
    {
      onCapture: () => [...files],
      onRestore: (kept) => {
        files.clear();
        for (const [name, length] of kept) files.set(name, length);
      },
    },
  );
  for (let round = 0; round < 3; round++) {
    exports.tick();
    files.set('left by a request', round);
    files.delete('kept');
    captured.reset();
    t.deepEqual([...files], [['kept', 1]]);
    t.deepEqual(look(exports), [0, 0, false]);
  }
  captured.dispose();
});

test('what onCapture does to the guest belongs to the baseline', async (t) => {
  const exports = await counter();
  let calls = 0;
  const captured = InstanceSnapshot.capture(
    { exports: { ...exports } },
    {
      onCapture: () => {
        calls++;
        exports.memory.grow(1);
        return exports.tick();
      },
      onRestore: (state) => t.is(state, 1),
    },
  );
  t.is(captured.snapshot.byteLength, exports.memory.buffer.byteLength);
  t.is(exports.tick(), 2);
  const report = captured.reset();
  t.deepEqual(look(exports), [1, 1, true]);
  t.deepEqual([report.globalsRestored, report.tableEntriesRestored, report.memory.pagesDirty], [1, 0, 1]);
  captured.reset();
  t.is(calls, 1);
  captured.dispose();
});

test('onRestore sees everything put back, and may call the guest', async (t) => {
  const exports = await counter();
  const seen: unknown[] = [];
  const captured = InstanceSnapshot.capture(
    { exports: { ...exports } },
    {
      onRestore: (state) => {
        seen.push(state, look(exports));
        exports.tick();
      },
    },
  );
  exports.tick();
  exports.tick();
  captured.reset();
  t.deepEqual(seen.splice(0), [undefined, [0, 0, false]]);
  t.deepEqual(look(exports), [1, 1, true], 'what it changed is there');
  captured.reset();
  t.deepEqual(seen.splice(0), [undefined, [0, 0, false]], 'until the next reset');
  captured.dispose();
});

test('an error of onCapture fails the capture, unchanged, and nothing is tracked', async (t) => {
  const { instance, memory } = await guest();
  for (const error of [new Mine('no'), 'no error at all', undefined]) {
    const fails = (): never => {
      throw error;
    };
    t.is(
      thrownBy(() => InstanceSnapshot.capture(instance, { onCapture: fails })),
      error,
    );
    MemoryView.adopt(memory).dispose();
  }
});

test('an error of onRestore comes out of the reset, unchanged, and everything else was put back', async (t) => {
  const exports = await counter();
  const error = new Mine('not now');
  let failing = true;
  const captured = InstanceSnapshot.capture(
    { exports: { ...exports } },
    {
      onRestore: () => {
        if (failing) throw error;
      },
    },
  );
  for (let round = 0; round < 3; round++) {
    exports.tick();
    t.is(
      thrownBy(() => captured.reset()),
      error,
    );
    t.deepEqual(look(exports), [0, 0, false]);
  }
  failing = false;
  exports.tick();
  t.is(captured.reset().globalsRestored, 1);
  captured.dispose();
});

test('promises are refused: a reset cannot wait', async (t) => {
  const { instance, memory, store, load } = await guest();
  for (const promise of [Promise.resolve(), withThen(() => {})]) {
    const capture = (): unknown => InstanceSnapshot.capture(instance, { onCapture: () => promise });
    t.regex(refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', capture).message, /onCapture/);
    MemoryView.adopt(memory).dispose();
  }
  const captured = InstanceSnapshot.capture(instance, { onRestore: async () => {} });
  store(5, 5);
  t.regex(refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => captured.reset()).message, /onRestore/);
  t.is(load(5), 0);
  captured.dispose();
  // What only looks like one is a state like any other.
  InstanceSnapshot.capture(instance, { onCapture: () => withThen(1) }).dispose();
});

test('hooks that are no functions are refused, and nothing is tracked', async (t) => {
  const { instance, memory } = await guest();
  for (const hook of [null, 0, 'text', {}, Symbol('hook')]) {
    for (const name of ['onCapture', 'onRestore']) {
      const options = { [name]: hook } as object;
      const { message } = refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () =>
        InstanceSnapshot.capture(instance, options),
      );
      t.regex(message, new RegExp(name));
    }
  }
  MemoryView.adopt(memory).dispose();
});

test('hooks are found on options of a class, too', async (t) => {
  class Options {
    onCapture(): string {
      return 'state';
    }
    onRestore(state: string): void {
      seen.push(state);
    }
  }
  const seen: string[] = [];
  const { instance } = await guest();
  const captured = InstanceSnapshot.capture(instance, new Options());
  captured.reset();
  t.deepEqual(seen, ['state']);
  captured.dispose();
});

function withThen(then: unknown): object {
  // oxlint-disable-next-line unicorn/no-thenable -- it is what must be refused
  return { then };
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return 'nothing was thrown';
}
