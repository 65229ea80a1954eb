// Reports of dirty pages: as an array, one by one, without objects, printed.
import { inspect } from 'node:util';

import { MemoryView, PagefoldError, Region, type DirtyRange } from 'pagefold';

import test from '#test';

import { PAGE } from './helpers/pages.ts';

function written(pages: readonly number[], chunks = 4): MemoryView {
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: chunks }));
  view.snapshot();
  for (const page of pages) view.bytes[page * PAGE] = 1;
  return view;
}

test('three ways to the same ranges', (t) => {
  const view = written([0, 1, 2, 9, 63]);
  const report = view.dirty();
  const expected: DirtyRange[] = [
    { byteOffset: 0, byteLength: 3 * PAGE },
    { byteOffset: 9 * PAGE, byteLength: PAGE },
    { byteOffset: 63 * PAGE, byteLength: PAGE },
  ];
  const visited: DirtyRange[] = [];
  t.is(
    report.forEach((byteOffset, byteLength) => visited.push({ byteOffset, byteLength })),
    undefined,
  );
  t.deepEqual(visited, expected);
  t.deepEqual([...report], expected);
  t.deepEqual(report.ranges, expected);
  t.is(report.ranges, report.ranges, 'it is made once');
  t.deepEqual([report.rangeCount, report.pageCount, report.byteLength], [3, 5, 5 * PAGE]);
  t.true(report.exact);
  t.false('reason' in report);
  view.dispose();
  t.deepEqual([...report], expected, 'a report outlives its view');
});

test('nothing', (t) => {
  const view = written([]);
  const report = view.dirty();
  t.deepEqual([report.rangeCount, report.pageCount, report.byteLength], [0, 0, 0]);
  t.deepEqual(report.ranges, []);
  t.deepEqual([...report], []);
  report.forEach(() => t.fail('there is nothing'));
  view.dispose();
});

test('a loop that ends early, one inside another, and a visit that throws', (t) => {
  const view = written([1, 3, 5, 7]);
  const report = view.dirty();
  let seen = 0;
  for (const range of report) {
    seen++;
    if (range.byteOffset === 3 * PAGE) break;
  }
  t.is(seen, 2);
  const pairs: number[] = [];
  for (const one of report) for (const other of report) pairs.push(one.byteOffset + other.byteOffset);
  t.is(pairs.length, 16);
  const own = new Error('of my own');
  t.is(
    t.throws(() =>
      report.forEach(() => {
        throw own;
      }),
    ),
    own,
  );
  for (const visit of [undefined, null, 1, {}, 'visit']) {
    t.throws(() => report.forEach(visit as never), {
      instanceOf: PagefoldError,
      code: 'ERR_PAGEFOLD_INVALID_ARGUMENT',
    });
  }
  view.dispose();
});

test('a page that is used in part, at the end or in the middle of the last range', (t) => {
  const region = Region.allocate(3 * PAGE + 10);
  const view = region.view();
  view.snapshot();
  region.bytes[3 * PAGE] = 1;
  t.deepEqual([view.dirty().byteLength, ...view.dirty().ranges], [10, { byteOffset: 3 * PAGE, byteLength: 10 }]);
  region.bytes[2 * PAGE] = 1;
  region.bytes[0] = 1;
  const report = view.dirty();
  t.is(report.byteLength, 2 * PAGE + 10);
  t.is(report.pageCount, 3);
  t.deepEqual(report.ranges.at(-1), { byteOffset: 2 * PAGE, byteLength: PAGE + 10 });
  region.dispose();
});

test('printed, and as JSON', (t) => {
  const view = written([0, 1, 9]);
  const report = view.dirty();
  t.is(
    inspect(report, { breakLength: Infinity }),
    `DirtyReport { pageCount: 3, byteLength: ${3 * PAGE}, ranges: [ { byteOffset: 0, byteLength: ${2 * PAGE} }, ` +
      `{ byteOffset: ${9 * PAGE}, byteLength: ${PAGE} } ], exact: true }`,
  );
  t.deepEqual(JSON.parse(JSON.stringify(report)), {
    pageCount: 3,
    byteLength: 3 * PAGE,
    ranges: [
      { byteOffset: 0, byteLength: 2 * PAGE },
      { byteOffset: 9 * PAGE, byteLength: PAGE },
    ],
    exact: true,
  });
  view.dispose();
  const many = written(
    Array.from({ length: 100 }, (_, index) => index * 2),
    16,
  );
  const text = inspect(many.dirty());
  t.true(text.includes('and 80 more'));
  t.true(text.length < 2500);
  t.true(inspect(Object.create(Object.getPrototypeOf(report) as object)).includes('DirtyReport'));
  many.dispose();
});

test('a report with as many ranges as there can be takes no array until it is asked for one', (t) => {
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4096 }), { tracker: 'compare' });
  const { bytes } = view;
  view.snapshot();
  const pages = view.byteLength / PAGE;
  for (let page = 0; page < pages; page += 2) bytes[page * PAGE] = 1;
  const report = view.dirty();
  t.is(report.rangeCount, pages / 2);
  let sum = 0;
  const start = performance.now();
  report.forEach((_, byteLength) => (sum += byteLength));
  t.log(`${(performance.now() - start).toFixed(1)} ms for ${report.rangeCount} ranges`);
  t.is(sum, report.byteLength);
  let count = 0;
  for (const range of report) count += range.byteLength / PAGE;
  t.is(count, report.pageCount);
  view.dispose();
});
