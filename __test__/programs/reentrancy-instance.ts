// Resets, disposes and captures instances from the middle of guest code and from their own hooks.
import assert from 'node:assert/strict';

import { MemoryView, PagefoldError, type TrackerKind } from 'pagefold';
import { InstanceSnapshot, type InstanceResetReport } from 'pagefold/wasm';

import { instantiated } from '../helpers/guest.ts';

const tracker = process.argv[2] as TrackerKind;
let checks = 0;

const TEXT = `(module
  (import "host" "call" (func $call))
  (memory (export "memory") 1 64)
  (global $global (export "global") (mut i32) (i32.const 1))
  (table $table (export "table") 2 64 funcref)
  (type $number (func (result i32)))
  (func $one (export "one") (result i32) (i32.const 1))
  (func $two (export "two") (result i32) (i32.const 2))
  (elem (i32.const 0) func $one)
  (func (export "run") (result i32)
    (global.set $global (i32.const 7))
    (table.set $table (i32.const 0) (ref.func $two))
    (i32.store (i32.const 8) (i32.const 7))
    (call $call)
    (i32.store (i32.const 70000) (i32.load (i32.const 8)))
    (i32.add
      (i32.mul (i32.const 100) (i32.load (i32.const 8)))
      (i32.add (i32.mul (i32.const 10) (global.get $global)) (call_indirect (type $number) (i32.const 0)))))
  (func (export "grow") (result i32)
    (drop (table.grow $table (ref.func $two) (i32.const 1)))
    (memory.grow (i32.const 1))))`;

interface Made {
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory;
  readonly run: () => number;
  readonly grow: () => number;
}

/** A guest whose import does what `act` says by then. */
async function made(act: { call: () => void }): Promise<Made> {
  const { exports } = await instantiated(TEXT, { host: { call: () => act.call() } });
  const guest = exports as unknown as Omit<Made, 'exports'>;
  guest.memory.grow(1);
  return { exports, memory: guest.memory, run: guest.run, grow: guest.grow };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof PagefoldError, String(error));
    return error.code;
  }
  return 'nothing';
}

// From a host function that the guest has called. It then finds everything put back, or grown, and goes on.
const HOSTS: Record<string, [act: (captured: InstanceSnapshot, guest: Made) => void, answer: number]> = {
  reset: [(captured) => void captured.reset(), 11],
  'reset twice': [(captured) => void [captured.reset(), captured.reset()], 11],
  'grow and reset': [(captured, { grow }) => void [grow(), captured.reset()], 11],
  'reset and grow': [(captured, { grow }) => void [captured.reset(), grow()], 11],
  dispose: [(captured) => captured.dispose(), 772],
  'reset and dispose': [(captured) => void [captured.reset(), captured.dispose()], 11],
  'capture again': [
    (captured, { exports }) => {
      assert.equal(
        codeOf(() => InstanceSnapshot.capture({ exports })),
        'ERR_PAGEFOLD_BUSY',
      );
      captured.dispose();
      const next = InstanceSnapshot.capture({ exports }, { tracker });
      next.reset();
      next.dispose();
    },
    772,
  ],
};

for (const [name, [host, answer]] of Object.entries(HOSTS)) {
  const act = { call: (): void => {} };
  const guest = await made(act);
  const captured = InstanceSnapshot.capture({ exports: guest.exports }, { tracker });
  act.call = () => {
    if (!captured.disposed) host(captured, guest);
  };
  for (let round = 0; round < 3; round++) {
    assert.equal(guest.run(), captured.disposed && round > 0 ? 772 : answer, `${name}, round ${round}`);
    if (!captured.disposed) captured.reset();
    checks++;
  }
  captured.dispose();
}

// From onRestore.
const RESTORES: Record<string, [act: (captured: InstanceSnapshot, guest: Made) => void, code: string]> = {
  reset: [(captured) => void captured.reset(), 'ERR_PAGEFOLD_BUSY'],
  "the view's reset": [(captured) => void captured.view.reset(), 'nothing'],
  dispose: [(captured) => captured.dispose(), 'nothing'],
  'dispose and reset': [(captured) => void [captured.dispose(), captured.reset()], 'ERR_PAGEFOLD_BUSY'],
  'dispose the view': [(captured) => captured.view.dispose(), 'nothing'],
  'dispose the snapshot': [(captured) => captured.snapshot.dispose(), 'nothing'],
  'dispose and capture again': [
    (captured, { exports }) => {
      captured.dispose();
      InstanceSnapshot.capture({ exports }).dispose();
    },
    'nothing',
  ],
  'capture again': [(_captured, { exports }) => void InstanceSnapshot.capture({ exports }), 'ERR_PAGEFOLD_BUSY'],
  'grow the guest': [(_captured, { grow }) => void grow(), 'nothing'],
  'call the guest': [(_captured, { run }) => void run(), 'nothing'],
};

for (const [name, [restore, code]] of Object.entries(RESTORES)) {
  const guest = await made({ call: () => {} });
  let captured: InstanceSnapshot | undefined;
  let report: InstanceResetReport | undefined;
  const onRestore = (): void => {
    if (captured !== undefined) restore(captured, guest);
  };
  captured = InstanceSnapshot.capture({ exports: guest.exports }, { tracker, onRestore });
  for (let round = 0; round < 3; round++) {
    guest.run();
    const after: string = captured.disposed ? 'ERR_PAGEFOLD_DISPOSED' : code;
    const reset = (): void => void (report = captured?.reset());
    assert.equal(codeOf(reset), after, `${name}, round ${round}`);
    checks++;
  }
  if (code === 'nothing') assert.equal(report?.globalsRestored, 1, name);
  captured.dispose();
  captured.dispose();
}

// The guard is no longer up when a hook has failed, or a reset of a disposed one.
{
  const guest = await made({ call: () => {} });
  let inner: string | undefined;
  const captured: InstanceSnapshot = InstanceSnapshot.capture(
    { exports: guest.exports },
    { tracker, onRestore: () => void (inner = codeOf(() => captured.reset())) },
  );
  captured.reset();
  captured.reset();
  assert.equal(inner, 'ERR_PAGEFOLD_BUSY');
  captured.dispose();
  assert.equal(
    codeOf(() => captured.reset()),
    'ERR_PAGEFOLD_DISPOSED',
  );
  checks++;
}

// From onCapture: the memory is taken, and stays usable afterwards.
{
  const guest = await made({ call: () => {} });
  const { exports, memory } = guest;
  const old = InstanceSnapshot.capture({ exports }, { tracker });
  const codes: string[] = [];
  const onCapture = (): void => {
    codes.push(codeOf(() => InstanceSnapshot.capture({ exports })));
    codes.push(codeOf(() => MemoryView.adopt(memory)));
    guest.grow();
    guest.run();
    old.dispose();
  };
  assert.equal(
    codeOf(() => InstanceSnapshot.capture({ exports }, { tracker, onCapture })),
    'ERR_PAGEFOLD_BUSY',
    'before the hook is called',
  );
  assert.deepEqual(codes, []);
  old.dispose();
  const captured = InstanceSnapshot.capture({ exports }, { tracker, onCapture });
  assert.deepEqual(codes, ['ERR_PAGEFOLD_BUSY', 'ERR_PAGEFOLD_BUSY']);
  assert.equal(captured.snapshot.byteLength, memory.buffer.byteLength);
  assert.equal(guest.run(), 772);
  assert.deepEqual([captured.reset().rebuildRequired, guest.run()], [false, 772]);
  captured.dispose();
  checks++;
}

console.log(JSON.stringify({ checks }));
