// Methods and accessors called on what they do not belong to; classes made and extended by hand.
import { MemoryView, MergeRules, PagefoldError, Region, Snapshot, SnapshotDiff } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test from '#test';

import { guest } from './helpers/guest.ts';
import { equalBytes, PAGE, paint } from './helpers/pages.ts';

/** Members that may answer anybody: they only look at what the receiver shows. */
const HARMLESS = new Set<string | symbol>(['disposed', Symbol.for('nodejs.util.inspect.custom')]);

const CLASSES = { Region, MemoryView, Snapshot, InstanceSnapshot, SnapshotDiff };

async function instances() {
  const { instance } = await guest();
  const region = Region.allocate(PAGE);
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  paint(view.bytes);
  const snapshot = view.snapshot();
  const captured = InstanceSnapshot.capture(instance);
  const diff = view.diff();
  return { Region: region, MemoryView: view, Snapshot: snapshot, InstanceSnapshot: captured, SnapshotDiff: diff };
}

type Member = readonly [key: string | symbol, call: (...args: unknown[]) => unknown];

/** Every method and accessor of a class: what a caller can take off its prototype. */
function members(prototype: object): Member[] {
  return Reflect.ownKeys(prototype).flatMap((key) => {
    const { value, get, set } = Object.getOwnPropertyDescriptor(prototype, key) ?? {};
    const parts = key === 'constructor' ? [] : [value as unknown, get, set];
    return parts.filter((part) => typeof part === 'function').map((part): Member => [key, part as Member[1]]);
  });
}

for (const [name, Class] of Object.entries(CLASSES)) {
  test(`${name}: no method or accessor works on another object`, async (t) => {
    const made = await instances();
    const own = made[name as keyof typeof made];
    const foreign: unknown[] = [
      undefined,
      null,
      0,
      '',
      1n,
      Symbol(name),
      true,
      {},
      [],
      () => {},
      new Date(),
      new Map(),
    ];
    const disguised: unknown[] = [
      Object.create(Class.prototype),
      Object.create(own),
      new Proxy(own, {}),
      Class.prototype,
      Class,
    ];
    const others: unknown[] = Object.values(made).filter((each) => each !== own);
    const all = members(Class.prototype);
    t.true(all.length >= 3);
    for (const [member, call] of all) {
      for (const receiver of [...foreign, ...disguised, ...others]) {
        // It only calls dispose(), whosever that is.
        if (member === Symbol.dispose && others.includes(receiver)) continue;
        const error = await thrownBy(() => Reflect.apply(call, receiver, [own, own, (text: unknown) => String(text)]));
        if (error === undefined && HARMLESS.has(member)) continue;
        t.true(
          error instanceof TypeError || error instanceof PagefoldError,
          `${name}.${String(member)}: ${String(error)}`,
        );
      }
    }
    // And nothing was disposed or changed by all that.
    t.false(own.disposed);
    t.is(made.Region.bytes.length, PAGE);
    t.is(made.MemoryView.dirty().pageCount, 0);
    t.true(equalBytes(made.Snapshot.read(0, made.Snapshot.byteLength), made.MemoryView.bytes));
    t.is(made.InstanceSnapshot.reset().globalsRestored, 0);
    t.is(made.SnapshotDiff.entryCount, [...made.SnapshotDiff].length);
    for (const each of Object.values(made)) each.dispose();
  });

  test(`${name} cannot be made by hand, called or disguised`, (t) => {
    const forgeries: unknown[][] = [
      [],
      [undefined],
      [{}],
      [Symbol('made by pagefold'), {}, {}, {}, {}],
      [Class, 1, 1, ''],
    ];
    for (const args of forgeries) {
      t.throws(() => Reflect.construct(Class, args), {
        instanceOf: PagefoldError,
        code: 'ERR_PAGEFOLD_INVALID_ARGUMENT',
      });
      t.throws(() => Reflect.construct(Class, args, Object), { code: 'ERR_PAGEFOLD_INVALID_ARGUMENT' });
    }
    t.throws(() => Reflect.apply(Class as unknown as () => void, undefined, []), { instanceOf: TypeError });
    const Heir = class extends (Class as unknown as new () => object) {};
    t.throws(() => new Heir(), { code: 'ERR_PAGEFOLD_INVALID_ARGUMENT' });
  });
}

test('MergeRules: no method or accessor works on another object, and heirs are rules', (t) => {
  const rules = new MergeRules([{ byteOffset: 0, count: 1, type: 'i32', operation: 'sum' }]);
  const disguised = [undefined, null, {}, Object.create(rules), new Proxy(rules, {}), MergeRules.prototype, MergeRules];
  const all = members(MergeRules.prototype);
  t.true(all.length >= 6);
  for (const [member, call] of all) {
    if (HARMLESS.has(member)) continue;
    for (const receiver of disguised) {
      const error = t.throws(() => Reflect.apply(call, receiver, [rules]), undefined, String(member));
      t.true(error instanceof TypeError || error instanceof PagefoldError, `${String(member)}: ${String(error)}`);
    }
  }
  t.throws(() => Reflect.construct(MergeRules, [Symbol('made by pagefold'), {}]), {
    code: 'ERR_PAGEFOLD_INVALID_ARGUMENT',
  });
  t.throws(() => Reflect.apply(MergeRules as unknown as () => void, undefined, []), { instanceOf: TypeError });
  for (const forgery of [Object.create(MergeRules.prototype), new Proxy(rules, {}), rules.toJSON()] as MergeRules[]) {
    t.throws(() => rules.equals(forgery), { code: 'ERR_PAGEFOLD_INVALID_ARGUMENT' });
  }
  t.true(new (class extends MergeRules {})(rules.regions).equals(rules));
});

test('statics need no receiver, and heirs give the real class', (t) => {
  class Heir extends (Region as unknown as new () => Region) {}
  const allocate = Reflect.get(Heir, 'allocate') as typeof Region.allocate;
  for (const receiver of [undefined, null, {}, Heir, MemoryView]) {
    const region = Reflect.apply(allocate, receiver, [PAGE]);
    t.true(region instanceof Region && !(region instanceof Heir));
    const view = Reflect.apply(MemoryView.adopt, receiver, [new WebAssembly.Memory({ initial: 1 })]);
    const snapshot = Reflect.apply(Snapshot.capture, receiver, [region.bytes]);
    t.is(snapshot.byteLength, PAGE);
    for (const each of [view, snapshot, region]) each.dispose();
  }
});

test('a forged snapshot is refused', (t) => {
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  const snapshot = view.snapshot();
  const forgeries = [
    Object.create(Snapshot.prototype),
    Object.create(snapshot),
    new Proxy(snapshot, {}),
    structuredCloneOrNothing(snapshot),
    { id: snapshot.id, byteLength: snapshot.byteLength, version: 1 },
  ] as Snapshot[];
  for (const forgery of forgeries) {
    t.throws(() => view.restore(forgery), { instanceOf: PagefoldError, code: 'ERR_PAGEFOLD_INVALID_ARGUMENT' });
  }
  t.is(view.baseline, snapshot);
  view.dispose();
});

test('a structured clone of an object of pagefold is refused or is no such object', async (t) => {
  for (const own of Object.values(await instances())) {
    const clone = structuredCloneOrNothing(own);
    t.false(Object.values(CLASSES).some((Class) => clone instanceof Class));
    own.dispose();
  }
});

function structuredCloneOrNothing(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch (error) {
    if (error instanceof Error && error.name === 'DataCloneError') return undefined;
    throw error;
  }
}

/** What a call throws or rejects with. */
async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}
