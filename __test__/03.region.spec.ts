// Regions: memory that pagefold owns.
import { Region } from 'pagefold';

import test from '#test';

import { equalBytes, isZero, PAGE, pagesOf, paint } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';

test('a new region is all zero, and as long as it was asked to be', (t) => {
  for (const length of [1, 100, PAGE - 1, PAGE, PAGE + 1, 10 * PAGE + 7, 16 << 20]) {
    const region = Region.allocate(length);
    t.is(region.byteLength, length);
    t.is(region.maxByteLength, length);
    t.is(region.name, '');
    t.false(region.disposed);
    t.is(region.bytes.length, length);
    t.is(region.bytes.byteOffset, 0);
    t.true(isZero(region.bytes));
    region.dispose();
  }
});

test('regions that follow one another show nothing of the ones before', (t) => {
  for (let round = 0; round < 300; round++) {
    const region = Region.allocate(20 * PAGE);
    if (!isZero(region.bytes)) t.fail(`round ${round}`);
    region.bytes.fill(0xee);
    region.dispose();
  }
  t.pass();
});

test('bytes are the memory itself, not a copy', (t) => {
  const region = Region.allocate(3 * PAGE);
  const view = region.view(PAGE, PAGE);
  t.is(region.bytes, region.bytes);
  t.is(view.bytes.buffer, region.bytes.buffer);
  t.true(region.bytes instanceof Uint8Array && region.bytes.buffer instanceof ArrayBuffer);
  region.bytes[PAGE + 1] = 5;
  t.is(view.bytes[1], 5);
  view.bytes[2] = 6;
  t.is(region.bytes[PAGE + 2], 6);
  new Uint16Array(region.bytes.buffer, 2 * PAGE, 1)[0] = 0x0101;
  t.deepEqual([...region.bytes.subarray(2 * PAGE, 2 * PAGE + 3)], [1, 1, 0]);
  region.dispose();
});

test('growth keeps what there is, and adds zeros', (t) => {
  const region = Region.allocate(100, { maxByteLength: 5 * PAGE });
  region.bytes.fill(7);
  let length = 100;
  for (const next of [100, 101, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 4 * PAGE + 1, 5 * PAGE]) {
    region.grow(next);
    t.is(region.byteLength, next);
    t.is(region.bytes.length, next);
    t.true(region.bytes.subarray(0, length).every((byte) => byte === 7));
    t.true(isZero(region.bytes.subarray(length)), `from ${length} to ${next}`);
    region.bytes.fill(7);
    length = next;
  }
  region.dispose();
});

test('growth zeroes what was written behind the end', (t) => {
  const region = Region.allocate(PAGE + 100, { maxByteLength: 4 * PAGE });
  const all = new Uint8Array(region.bytes.buffer);
  all.fill(0xee);
  region.grow(3 * PAGE + 5);
  t.true(region.bytes.subarray(0, PAGE + 100).every((byte) => byte === 0xee));
  t.true(isZero(region.bytes.subarray(PAGE + 100)));
  region.grow(4 * PAGE);
  t.true(isZero(region.bytes.subarray(PAGE + 100)));
  region.dispose();
});

test('growth that is impossible changes nothing', (t) => {
  const region = Region.allocate(2 * PAGE, { maxByteLength: 3 * PAGE });
  region.bytes.fill(3);
  for (const length of [0, 1, 2 * PAGE - 1, 3 * PAGE + 1, Number.MAX_SAFE_INTEGER]) {
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => region.grow(length));
    t.is(region.byteLength, 2 * PAGE);
    t.true(region.bytes.every((byte) => byte === 3));
  }
  region.dispose();
});

test('an old array stays as long as it was', (t) => {
  const region = Region.allocate(PAGE, { maxByteLength: 2 * PAGE });
  const before = region.bytes;
  region.grow(2 * PAGE);
  t.is(before.length, PAGE);
  before[0] = 9;
  t.is(region.bytes[0], 9);
  t.not(region.bytes, before);
  region.dispose();
});

test('lengths that are impossible are refused', (t) => {
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => Region.allocate(0));
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => Region.allocate(PAGE, { maxByteLength: PAGE - 1 }));
  for (const length of [2 ** 48, 2 ** 52, Number.MAX_SAFE_INTEGER]) {
    const { code } = t.throws(() => Region.allocate(length)) as { code?: string };
    t.true(code === 'ERR_PAGEFOLD_OUT_OF_MEMORY' || code === 'ERR_PAGEFOLD_OUT_OF_RANGE');
    t.throws(() => Region.allocate(1, { maxByteLength: length }));
  }
});

test('views of parts', (t) => {
  const region = Region.allocate(6 * PAGE + 50, { maxByteLength: 8 * PAGE });
  paint(region.bytes);
  const before = Uint8Array.from(region.bytes);
  const [first, second, rest] = [region.view(0, PAGE), region.view(2 * PAGE, 2 * PAGE), region.view(5 * PAGE)];
  t.deepEqual(
    [first, second, rest].map(({ byteLength }) => byteLength),
    [PAGE, 2 * PAGE, PAGE + 50],
  );
  for (const view of [first, second, rest]) view.snapshot();
  region.bytes.fill(0xee);
  t.deepEqual(pagesOf(first.dirty()), [0]);
  t.deepEqual(pagesOf(second.dirty()), [0, 1]);
  t.deepEqual(rest.dirty().ranges, [{ byteOffset: 0, byteLength: PAGE + 50 }]);
  second.reset();
  t.true(equalBytes(region.bytes.subarray(2 * PAGE, 4 * PAGE), before.subarray(2 * PAGE, 4 * PAGE)));
  t.true(region.bytes.subarray(0, 2 * PAGE).every((byte) => byte === 0xee));
  t.true(region.bytes.subarray(4 * PAGE).every((byte) => byte === 0xee));
  region.grow(8 * PAGE);
  t.is(first.byteLength, PAGE);
  t.is(rest.byteLength, 3 * PAGE, 'without a length it follows the growth');
  first.reset();
  rest.reset();
  t.true(equalBytes(region.bytes.subarray(5 * PAGE, 6 * PAGE + 50), before.subarray(5 * PAGE)));
  t.true(isZero(region.bytes.subarray(6 * PAGE + 50)));
  region.dispose();
});

test('views that cannot be', (t) => {
  const region = Region.allocate(4 * PAGE + 50);
  for (const [offset, length] of [
    [5 * PAGE, undefined],
    [4 * PAGE, PAGE],
    [0, 5 * PAGE],
    [4 * PAGE + 50, undefined],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [0, Number.MAX_SAFE_INTEGER],
    [0, 0],
  ] as const) {
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => region.view(offset, length), `${offset}, ${length}`);
  }
  for (const [offset, length] of [
    [1, undefined],
    [PAGE - 1, PAGE],
    [0, 1],
    [0, PAGE + 1],
    [PAGE, 3 * PAGE + 50],
  ] as const) {
    refused(t, 'ERR_PAGEFOLD_UNALIGNED', () => region.view(offset, length), `${offset}, ${length}`);
  }
  const view = region.view(PAGE, PAGE);
  for (const [offset, length] of [
    [0, undefined],
    [PAGE, PAGE],
    [0, 2 * PAGE],
    [PAGE, undefined],
  ] as const) {
    refused(t, 'ERR_PAGEFOLD_BUSY', () => region.view(offset, length), `${offset}, ${length}`);
  }
  region.view(0, PAGE).dispose();
  region.view(2 * PAGE).dispose();
  view.dispose();
  region.view().dispose();
  region.dispose();
});

test('dispose gives the memory back and empties the arrays', (t) => {
  const region = Region.allocate(PAGE);
  const { bytes } = region;
  const part = bytes.subarray(10, 20);
  const { buffer } = bytes;
  region[Symbol.dispose]();
  t.true(region.disposed);
  t.deepEqual([bytes.length, part.length, buffer.byteLength], [0, 0, 0]);
  t.is(part[0], undefined);
});

test('a region of which the buffer was transferred', (t) => {
  const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer };
  const region = Region.allocate(PAGE, { maxByteLength: 3 * PAGE });
  region.bytes.fill(5);
  if (transfer === undefined) {
    t.log('the engine has no ArrayBuffer.prototype.transfer');
    t.is(region.bytes[0], 5);
    region.dispose();
    return;
  }
  const moved = new Uint8Array(transfer.call(region.bytes.buffer));
  moved.fill(6);
  refused(t, 'ERR_PAGEFOLD_DETACHED', () => region.bytes);
  refused(t, 'ERR_PAGEFOLD_DETACHED', () => region.view());
  refused(t, 'ERR_PAGEFOLD_DETACHED', () => region.grow(2 * PAGE));
  t.true(
    moved.every((byte) => byte === 6),
    'they belong to the new owner',
  );
  region.dispose();
  t.true(moved.every((byte) => byte === 6));
});
