// Encoded diffs: whole, cut short, altered, made up, too large, and on their way through other threads.
import { MemoryView, MergeRules, PagefoldError, Snapshot, SnapshotDiff, type ElementType } from 'pagefold';

import test from '#test';

import { WASM_PAGE } from './helpers/guest.ts';
import { filled, mergedAlone, P, plain, put } from './helpers/merging.ts';
import { equalBytes } from './helpers/pages.ts';
import { randomFrom } from './helpers/random.ts';
import { refused } from './helpers/refusal.ts';

const DAMAGED = new Set(['ERR_PAGEFOLD_NOT_A_DIFF', 'ERR_PAGEFOLD_DIFF_CORRUPT', 'ERR_PAGEFOLD_UNSUPPORTED']);

/** A diff with a few entries of several types. */
function example(originals: boolean): SnapshotDiff {
  const before = filled(P);
  const after = filled(P + 100, 0, { 0: [1], 100: [1, 2, 3], 4000: [9] });
  put(after, 512, 'f64', 1.5);
  put(after, 600, 'i32', -7);
  const rules = new MergeRules([
    { byteOffset: 512, count: 4, type: 'f64', operation: 'sum' },
    { byteOffset: 600, count: 1, type: 'i32', operation: 'min' },
  ]);
  return SnapshotDiff.between(before, after, { rules, gap: 4, originals });
}

function header(diff: SnapshotDiff): object {
  const { base, origin, sequence, byteLength, entryCount, changedByteLength, hasOriginals } = diff;
  return { base, origin, sequence, byteLength, entryCount, changedByteLength, hasOriginals };
}

/** The code of the refusal. */
function codeOf(damaged: Uint8Array): string {
  try {
    SnapshotDiff.decode(damaged).dispose();
    return 'it was accepted';
  } catch (error) {
    return error instanceof PagefoldError ? error.code : String(error);
  }
}

for (const originals of [false, true]) {
  for (const compression of ['none', 'lz4'] as const) {
    const what = `${compression}, ${originals ? 'with' : 'without'} originals`;

    test(`encoded and decoded (${what})`, (t) => {
      using diff = example(originals);
      const bytes = diff.encode({ compression });
      t.deepEqual(diff.encode({ compression }), bytes);
      using decoded = SnapshotDiff.decode(bytes);
      bytes.fill(0);
      t.deepEqual(header(decoded), header(diff));
      t.deepEqual([...decoded].map(plain), [...diff].map(plain));
      t.deepEqual(
        Array.from(decoded, ({ exact, original }) => [exact, original]),
        Array.from(diff, ({ exact, original }) => [exact, original]),
      );
    });

    test(`a message takes an encoded diff along without a copy (${what})`, (t) => {
      using diff = example(originals);
      const bytes = diff.encode({ compression });
      const expected = bytes.slice();
      const received = structuredClone(bytes, { transfer: [bytes.buffer] });
      t.deepEqual([received, bytes.length], [expected, 0]);
      using decoded = SnapshotDiff.decode(received);
      t.deepEqual(header(decoded), header(diff));
    });

    test(`every altered byte and every length is refused (${what})`, (t) => {
      using diff = example(originals);
      const bytes = diff.encode({ compression });
      for (let at = 0; at < bytes.length; at++) {
        for (const flip of [0x01, 0x80, 0xff]) {
          const altered = Uint8Array.from(bytes);
          altered[at] = (altered[at] ?? 0) ^ flip;
          const code = codeOf(altered);
          if (!DAMAGED.has(code)) t.fail(`byte ${at} ^ ${flip}: ${code}`);
        }
        const short = codeOf(bytes.subarray(0, at));
        if (!DAMAGED.has(short)) t.fail(`${at} bytes: ${short}`);
      }
      const long = new Uint8Array(bytes.length + 1);
      long.set(bytes);
      t.true(DAMAGED.has(codeOf(long)));
      t.is(codeOf(bytes), 'it was accepted');
    });
  }
}

test('bytes that are no diff', (t) => {
  for (const bytes of [
    new Uint8Array(0),
    new Uint8Array(1000),
    filled(200, 0x50),
    new TextEncoder().encode('PGFOLDSN'),
  ]) {
    refused(t, 'ERR_PAGEFOLD_NOT_A_DIFF', () => SnapshotDiff.decode(bytes));
  }
  const { below } = randomFrom(7);
  using diff = example(true);
  const bytes = diff.encode();
  for (let round = 0; round < 2000; round++) {
    const altered = Uint8Array.from(bytes);
    for (let count = 0; count < 5; count++) altered[below(altered.length)] = below(256);
    if (equalBytes(altered, bytes)) continue;
    const error = t.throws(() => SnapshotDiff.decode(altered), { instanceOf: PagefoldError });
    if (!DAMAGED.has(error?.code ?? '')) t.fail(String(error));
  }
});

test('QUE6: what cannot be decoded is not queued', (t) => {
  using snapshot = Snapshot.capture(filled(P));
  using fork = snapshot.fork();
  fork.write(Uint8Array.of(1), 7);
  using diff = snapshot.diff(fork);
  const bytes = diff.encode();
  const altered = Uint8Array.from(bytes);
  altered[bytes.length - 20] = (altered[bytes.length - 20] ?? 0) ^ 1;
  refused(t, 'ERR_PAGEFOLD_DIFF_CORRUPT', () => snapshot.queue(SnapshotDiff.decode(altered)));
  t.is(snapshot.queued, 0);
  snapshot.queue(SnapshotDiff.decode(bytes));
  t.is(snapshot.queue(SnapshotDiff.decode(bytes)), 1);
  snapshot.sync();
  t.is(snapshot.read(7, 1)[0], 1);
});

test('limits of what is decoded', (t) => {
  using diff = SnapshotDiff.between(filled(16 << 20), filled(16 << 20, 1));
  const bytes = diff.encode({ compression: 'lz4' });
  t.true(bytes.length < 1 << 20);
  refused(t, 'ERR_PAGEFOLD_OVER_MAX', () => SnapshotDiff.decode(bytes, { maxByteLength: (16 << 20) - 1 }));
  refused(t, 'ERR_PAGEFOLD_OVER_MAX', () => SnapshotDiff.decode(bytes, { maxEntries: 0 }));
  refused(t, 'ERR_PAGEFOLD_OVER_MAX', () => SnapshotDiff.decode(bytes, { maxBodyByteLength: 16 << 20 }));
  using decoded = SnapshotDiff.decode(bytes, { maxByteLength: 16 << 20, maxEntries: 1, maxBodyByteLength: 17 << 20 });
  t.is(decoded.changedByteLength, 16 << 20);
});

test('every second byte takes little more than the pages', (t) => {
  const before = filled(1638 * P);
  const after = before.map((_, index) => index % 2);
  using diff = SnapshotDiff.between(before, after);
  t.is(diff.entryCount, 1);
  t.true(diff.encode().length < 1.1 * 1638 * P);
});

test('a diff of an encoded diff is applied elsewhere as it would be here', (t) => {
  const { below } = randomFrom(3);
  const types: readonly ElementType[] = ['raw', 'u16', 'i32', 'f64'];
  for (let round = 0; round < 30; round++) {
    const rules = new MergeRules(
      types.map((type, index) => ({ byteOffset: 1024 * index, byteLength: 512, type, operation: 'overwrite' })),
    );
    const before = filled(P).map(() => below(256));
    const after = before.map((byte) => (below(4) === 0 ? below(256) : byte));
    using diff = SnapshotDiff.between(before, after, { rules, gap: below(40), originals: round % 2 === 0 });
    using decoded = SnapshotDiff.decode(diff.encode({ compression: round % 3 === 0 ? 'lz4' : 'none' }));
    const target = Uint8Array.from(before);
    decoded.applyTo(target, before);
    t.true(equalBytes(target, after));
    t.true(equalBytes(mergedAlone(before, after, rules), after));
  }
});

test('JOIN4: a memory elsewhere sends what it has changed', (t) => {
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  const snapshot = view.snapshot();
  view.bytes.set([1, 2, 3, 4], 10);
  view.bytes.set([0, 1, 2, 3, 4, 5, 6], P + 10);
  using diff = view.diff({ gap: 0, origin: 77 });
  const sent = structuredClone(diff.encode());
  view.reset();
  using received = SnapshotDiff.decode(sent);
  t.deepEqual(
    Array.from(received, ({ byteOffset, byteLength }) => [byteOffset, byteLength]),
    [
      [10, 4],
      [P + 11, 6],
    ],
  );
  t.is(received.origin, 77);
  t.is(snapshot.queue(received), 1);
  snapshot.sync();
  view.reset();
  t.deepEqual(
    [...view.bytes.subarray(10, 14), ...view.bytes.subarray(P + 10, P + 17)],
    [1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6],
  );
  t.is(view.bytes.length, WASM_PAGE);
  view.dispose();
});
