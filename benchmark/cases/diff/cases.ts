/** One case of the Rust benchmark, and what was promised of it. */
export interface DiffCase {
  readonly name: string;
  readonly title: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly promises: readonly Wanted[];
  /** Every subject is set against this one. */
  readonly reference: string;
}

/** `of ÷ to` is to be at most, or at least, so much. */
interface Wanted {
  readonly figure: string;
  readonly of: string;
  readonly to: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

const MEBIBYTE = 2 ** 20;
const PAGES = { byteLength: 64 * MEBIBYTE, dirtyPages: 1638 };

const shares = {
  one: 'one byte of each',
  half: 'every second byte of each',
  whole: 'all of each',
} as const;

const types = ['f64', 'i32'] as const;

/** Whether the bytes are in the caches because the run before has left them there. A promise is about bytes in memory. */
const places = [
  { suffix: '', where: 'read from memory', promised: true },
  { suffix: '-cached', where: 'in the caches', promised: false },
] as const;

export const diffCases: readonly DiffCase[] = places.flatMap(({ suffix, where, promised }) => [
  ...Object.entries(shares).map(([share, changed]): DiffCase => {
    const what = `1638 of 16,384 pages, ${changed} changed`;
    return {
      name: `diff-${share}${suffix}`,
      title: `a diff of ${what}; ${where}`,
      params: { ...PAGES, share, where },
      reference: 'memcmp',
      promises: !promised
        ? []
        : [
            { figure: `diff of ${what}, ÷ memcmp of them`, of: 'diff', to: 'memcmp', atMost: 1.5 },
            ...(share === 'half'
              ? [
                  {
                    figure: `an entry for each run ÷ diff, ${what}`,
                    of: 'an entry for each run',
                    to: 'diff',
                    atLeast: 50,
                  },
                ]
              : []),
          ],
    };
  }),
  ...(['half', 'whole'] as const).map((share): DiffCase => {
    const what = `1638 pages, ${shares[share]} changed`;
    return {
      name: `apply-${share}${suffix}`,
      title: `applying a diff of ${what}; ${where}`,
      params: { ...PAGES, share, where },
      reference: 'memcpy',
      promises: !promised ? [] : [{ figure: `apply, ${what}, ÷ memcpy`, of: 'apply', to: 'memcpy', atMost: 1.5 }],
    };
  }),
  ...types.map((type): DiffCase => ({
    name: `sum-${type}${suffix}`,
    title: `adding an array of ${type} of 6.4 MiB; ${where}`,
    params: { byteLength: PAGES.dirtyPages * 4096, type, where },
    reference: 'plain loop',
    promises: !promised
      ? []
      : [{ figure: `apply, sum of ${type}, ÷ a plain loop`, of: 'apply', to: 'plain loop', atMost: 2 }],
  })),
]);

export const joinCases: readonly DiffCase[] = [
  {
    name: 'cycle',
    title: '64 MiB, 16 pages changed, from one memory to another',
    params: { byteLength: 64 * MEBIBYTE, dirtyPages: 16 },
    reference: 'compare and copy everything',
    promises: [
      {
        figure: 'diff, encode, decode, apply of 16 pages ÷ comparing and copying 64 MiB',
        of: 'diff, encode, decode, apply',
        to: 'compare and copy everything',
        atMost: 1 / 200,
      },
    ],
  },
  {
    name: 'sync',
    title: '8 diffs of 16 pages into an image of 64 MiB with 8 views',
    params: { byteLength: 64 * MEBIBYTE, dirtyPages: 16, views: 8 },
    reference: 'map the image anew, read it',
    promises: [
      {
        figure: 'sync of 8 diffs, 8 views brought forward ÷ mapping the image anew for each',
        of: 'sync, bring views forward',
        to: 'map the image anew, read it',
        atMost: 1 / 8,
      },
    ],
  },
  {
    name: 'image-size',
    title: 'diff, encode, decode, queue, sync and reset of 16 pages, in images of different size',
    params: { dirtyPages: 16, views: 1 },
    reference: '16 MiB, 16 in use',
    promises: ['64 MiB, 16 in use', '256 MiB, 16 in use', '1024 MiB, 16 in use'].map((of) => ({
      figure: `16 pages of an image of ${of.split(',')[0]} ÷ of one of 16 MiB`,
      of,
      to: '16 MiB, 16 in use',
      atMost: 1.25,
    })),
  },
];
