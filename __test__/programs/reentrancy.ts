// Calls pagefold from the middle of guest code, and from accessors in the middle of pagefold's own calls.
import assert from 'node:assert/strict';

import { MemoryView, PagefoldError, Region, Snapshot, type TrackerKind } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import { guest, WASM_PAGE } from '../helpers/guest.ts';
import { differingPages, isZero, PAGE, paint } from '../helpers/pages.ts';

const tracker = process.argv[2] as TrackerKind;
const AT = 2 * PAGE + 9;
let checks = 0;

/** What the host does in the middle of guest code, and what a reset after it leaves. */
type Host = (view: MemoryView, snapshot: Snapshot, memory: WebAssembly.Memory) => void;

const HOSTS: Record<string, Host> = {
  reset: (view) => void view.reset(),
  'reset twice': (view) => void [view.reset(), view.reset()],
  dirty: (view) => assert.equal(view.dirty().pageCount, 1),
  restore: (view, snapshot) => void view.restore(snapshot),
  'restore another': (view) => {
    const other = Snapshot.capture(new Uint8Array(PAGE).fill(8));
    view.restore(other);
    other.dispose();
  },
  grow: (_view, _snapshot, memory) => void memory.grow(2),
  'grow and reset': (view, _snapshot, memory) => void [memory.grow(2), view.reset(), memory.grow(1)],
  snapshot: (view) => void view.snapshot(),
  'dispose the snapshot': (view, snapshot) => void [snapshot.dispose(), view.reset()],
  'dispose and adopt again': (view, snapshot, memory) => {
    view.dispose();
    const next = MemoryView.adopt(memory, { tracker });
    next.restore(snapshot);
    next.dispose();
  },
  dispose: (view) => view.dispose(),
};

for (const [name, host] of Object.entries(HOSTS)) {
  let act: (() => void) | undefined;
  const made = await guest({
    pages: 2,
    call: (depth) => {
      act?.();
      // Once more, from further inside.
      return depth > 0 ? made.callOut(AT, depth - 1) : 77;
    },
  });
  const view = MemoryView.adopt(made.memory, { tracker });
  paint(view.bytes);
  const snapshot = view.snapshot();
  act = () => {
    if (!view.disposed) host(view, view.baseline ?? snapshot, made.memory);
  };
  for (const depth of [0, 3]) {
    assert.equal(made.callOut(AT, depth), 77, name);
    assert.equal(made.load(AT), 2, `${name}: what the guest wrote afterwards is there`);
    if (view.disposed) continue;
    const contents = view.baseline?.disposed === false ? view.baseline : undefined;
    if (contents !== undefined) {
      const expected = new Uint8Array(view.byteLength);
      expected.set(contents.read(0, contents.byteLength));
      const differing = differingPages(view.bytes, expected);
      assert.ok(differing.length <= 1, `${name}: ${differing.join()}`);
      view.reset();
      assert.deepEqual(differingPages(view.bytes, expected), [], name);
    }
    checks++;
  }
  view.dispose();
  checks++;
}

// Accessors of options that dispose, adopt or grow what the call is about to use.
const thrown = (work: () => unknown): string => {
  try {
    work();
    return 'nothing';
  } catch (error) {
    assert.ok(error instanceof PagefoldError, String(error));
    return error.code;
  }
};

const options = (act: () => void) => ({
  get tracker(): TrackerKind {
    act();
    return tracker;
  },
});

{
  const region = Region.allocate(2 * PAGE);
  const code = thrown(() =>
    region.view(
      0,
      undefined,
      options(() => region.dispose()),
    ),
  );
  assert.equal(code, 'ERR_PAGEFOLD_DISPOSED');
  checks++;
}
{
  const region = Region.allocate(2 * PAGE);
  let inner: MemoryView | undefined;
  const code = thrown(() =>
    region.view(
      0,
      undefined,
      options(() => (inner = region.view(PAGE))),
    ),
  );
  assert.equal(code, 'ERR_PAGEFOLD_BUSY');
  inner?.snapshot();
  region.dispose();
  checks++;
}
{
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  let inner: MemoryView | undefined;
  const code = thrown(() =>
    MemoryView.adopt(
      memory,
      options(() => (inner = MemoryView.adopt(memory, { tracker }))),
    ),
  );
  assert.equal(code, 'ERR_PAGEFOLD_BUSY');
  inner?.dispose();
  const view = MemoryView.adopt(
    memory,
    options(() => memory.grow(1)),
  );
  assert.equal(view.byteLength, 2 * WASM_PAGE);
  view.snapshot();
  view.bytes.fill(9);
  view.reset();
  assert.ok(isZero(view.bytes));
  view.dispose();
  checks++;
}
{
  const region = Region.allocate(2 * PAGE, { maxByteLength: 4 * PAGE });
  const view = region.view(
    0,
    undefined,
    options(() => region.grow(4 * PAGE)),
  );
  assert.equal(view.byteLength, 4 * PAGE);
  view.snapshot();
  region.dispose();
  checks++;
}
{
  const made = await guest({ pages: 1 });
  const hostile = {
    get tables(): 'entries' {
      made.memory.grow(1);
      return 'entries';
    },
    get memory(): WebAssembly.Memory {
      made.store(5, 5);
      return made.memory;
    },
  };
  const captured = InstanceSnapshot.capture(made.instance, { tracker, ...hostile });
  made.store(2 * WASM_PAGE - 1, 1);
  captured.reset();
  assert.deepEqual([made.load(5), made.load(2 * WASM_PAGE - 1)], [5, 0]);
  captured.dispose();
  checks++;
}
{
  const snapshot = Snapshot.capture(new Uint8Array(PAGE).fill(4));
  const saving = snapshot.saveAsync('unused', {
    get signal(): AbortSignal | undefined {
      snapshot.dispose();
      return undefined;
    },
  });
  await assert.rejects(saving, { code: 'ERR_PAGEFOLD_DISPOSED' });
  checks++;
}

console.log(JSON.stringify({ checks }));
