import { TOTAL } from '../../../harness/burst.ts';
import { leastOf, medianOf, ratioOf, type CaseResult } from '../../../harness/result.ts';
import { runRounds } from '../../../harness/rounds.ts';
import { cellName, cellOrder, type Cell } from './cell.ts';
import { CALL, javascriptSubject } from './javascript-subject.ts';
import { RustServer, type Burst } from './rust-server.ts';
import { rustSubject } from './rust-subject.ts';

const WHOLE_COPY = 'whole copy';
const MADVISE = 'madvise';
const WASMTIME_STYLE = 'wasmtime-style';
/** The bare loop is whichever of the two is better in a cell. */
const BARE_LOOPS = ['bare, never armed again', 'bare, armed every 32 resets'] as const;
const PAGEFOLD = 'pagefold, Rust';
const IN_JAVASCRIPT = 'pagefold, JavaScript';

/** Everything that pagefold is compared with. */
const OTHERS = [WHOLE_COPY, MADVISE, WASMTIME_STYLE, ...BARE_LOOPS];

/** After so many rounds the memories in Rust are made anew: which physical pages one gets makes a difference of a tenth. */
const ROUNDS_PER_MEMORY = 5;

/** How long and how often page faults and shootdowns are counted. Other processes can only add some. */
const COUNTED_MICROSECONDS = 30_000;
const CYCLES_COUNTED_MIN = 32;
const CYCLES_COUNTED_MAX = 1024;
const TIMES_COUNTED = 9;

/** Microseconds a cycle, guest and reset together, of each strategy. */
export interface Totals {
  readonly wholeCopy: number;
  readonly madvise: number;
  readonly wasmtimeStyle: number;
  readonly bare: number;
  readonly pagefold: number;
  readonly javascript: number;
}

/** What the kernel counted, a cycle. */
export interface Counted {
  readonly faults: number;
  readonly shootdowns: number;
}

export interface MeasuredCell {
  readonly cell: Cell;
  readonly totals: Totals;
  /** The best of the others, by its median over all rounds. */
  readonly best: string;
  /** Pagefold divided by others, the median of the ratios of the rounds. */
  readonly toBest: number;
  readonly toWasmtimeStyle: number;
  readonly toMadvise: number;
  /** Microseconds that a reset from JavaScript takes beyond the Rust in it: the median. */
  readonly call: number;
  /** Microseconds of a reset alone when nothing disturbs: how many more from JavaScript than from Rust, in another memory. */
  readonly moreInJavascript: number;
  /** Where the guest always writes the same pages. */
  readonly counted: Counted | undefined;
}

/** Measures all strategies in turn, round by round. */
export async function measureCell(binary: string, cell: Cell, quick: boolean): Promise<MeasuredCell> {
  const server = new RustServer(binary);
  const inRust = [
    rustSubject({ name: WHOLE_COPY, subject: 'whole-copy', server, arms: false }),
    rustSubject({ name: MADVISE, subject: 'madvise', server, arms: false }),
    rustSubject({ name: WASMTIME_STYLE, subject: 'wasmtime-style', server, arms: false }),
    rustSubject({ name: BARE_LOOPS[0], subject: 'bare-never', server, arms: true }),
    rustSubject({ name: BARE_LOOPS[1], subject: 'bare-32', server, arms: true }),
    rustSubject({ name: PAGEFOLD, subject: 'pagefold', server, arms: true }),
  ];
  try {
    await server.begin(cellOrder(cell));
    const result = await runRounds(
      {
        suite: 'reset',
        name: 'grid',
        title: cellName(cell),
        params: { ...cell, busy: String(cell.busy) },
        unit: 'µs',
        rounds: roundsOf(cell),
        subjects: [...inRust, javascriptSubject(IN_JAVASCRIPT, cell)],
        async beginRound(round) {
          if (round === 0 || round % ROUNDS_PER_MEMORY > 0) return;
          await server.begin(cellOrder(cell));
          for (const subject of inRust) await subject.warmUp?.();
        },
        ratios: OTHERS.map((to) => ({ of: PAGEFOLD, to })),
      },
      { quick },
    );
    const steady = cell.randomPercent === 0 && !quick;
    const counting = steady ? await counted(server, medianOf(result, PAGEFOLD, TOTAL)) : undefined;
    return summedUp(cell, result, counting);
  } finally {
    server.close();
  }
}

/** Fewer where a round takes a quarter of a second. */
function roundsOf({ resident, dirty }: Cell): number {
  if (dirty >= 1024) return 7;
  return resident >= 8192 ? 15 : 25;
}

function summedUp(cell: Cell, result: CaseResult, counted: Counted | undefined): MeasuredCell {
  const total = (subject: string): number => medianOf(result, subject, TOTAL);
  const best = OTHERS.reduce((best, other) => (total(other) < total(best) ? other : best));
  return {
    cell,
    totals: {
      wholeCopy: total(WHOLE_COPY),
      madvise: total(MADVISE),
      wasmtimeStyle: total(WASMTIME_STYLE),
      bare: Math.min(...BARE_LOOPS.map(total)),
      pagefold: total(PAGEFOLD),
      javascript: total(IN_JAVASCRIPT),
    },
    best,
    toBest: ratioOf(result, PAGEFOLD, best, TOTAL),
    toWasmtimeStyle: ratioOf(result, PAGEFOLD, WASMTIME_STYLE, TOTAL),
    toMadvise: ratioOf(result, PAGEFOLD, MADVISE, TOTAL),
    call: medianOf(result, IN_JAVASCRIPT, CALL),
    moreInJavascript: leastOf(result, IN_JAVASCRIPT, 'reset') - leastOf(result, PAGEFOLD, 'reset'),
    counted,
  };
}

async function counted(server: RustServer, microseconds: number): Promise<Counted> {
  const cycles = Math.min(
    CYCLES_COUNTED_MAX,
    Math.max(CYCLES_COUNTED_MIN, Math.round(COUNTED_MICROSECONDS / microseconds)),
  );
  const bursts: Burst[] = [];
  for (let time = 0; time < TIMES_COUNTED; time += 1) bursts.push(await server.burst('pagefold', cycles));
  return {
    faults: Math.min(...bursts.map(({ faults }) => faults)),
    shootdowns: Math.min(...bursts.map(({ shootdowns }) => shootdowns)),
  };
}
