import process from 'node:process';

import { binding } from './binding.ts';
import { debugs } from './debug.ts';
import { native } from './errors.ts';
import { inLaterTurn } from './turn.ts';

/** Something that is alive: reachable, or dead and not noticed yet. */
export interface Leak {
  /** What it is. */
  readonly kind: 'region' | 'snapshot' | 'diff' | 'view' | 'pool';
  /** Bytes that it owns outside the engine's heap. A view owns none. */
  readonly byteLength: number;
  /** Where it was made. `undefined` unless the environment variable `PAGEFOLD_DEBUG` has `leaks` among its words. */
  readonly stack: string | undefined;
}

/** Below it nobody is warned of a snapshot or diff. A region or pool always has an address space and a mapping of its own. */
const WARNING_BYTES = 64 * 1024;
/** How much of a stack is kept. */
const STACK_FRAMES = 12;

let isListening = false;
let records = false;
let hasWarned = false;

/**
 * All regions, pools, snapshots, diffs and views of this thread that were not disposed and that no garbage collection has been seen
 * to clean up. Those that were dropped are among them until then.
 */
export function leaks(): Leak[] {
  const { alive } = binding();
  return native(alive).map(({ kind, byteLength, madeAt }) => ({
    kind: kind as Leak['kind'],
    byteLength,
    stack: madeAt ?? undefined,
  }));
}

/**
 * Where the caller's caller was called from, if that is recorded. Called once for each object that owns memory.
 *
 * @internal
 */
export function madeAt(): string | undefined {
  if (!isListening) listen();
  return records ? stackOfCaller() : undefined;
}

function listen(): void {
  records = debugs('leaks');
  const { listen: listenTo } = binding();
  native(() => listenTo(onCollected));
  isListening = true;
}

function onCollected(kind: string, byteLength: number, stack: string | null | undefined): void {
  if (kind === 'turn') return waitForTurn();
  if (hasWarned || kind === 'view' || (kind !== 'region' && kind !== 'pool' && byteLength < WARNING_BYTES)) return;
  hasWarned = true;
  const hint =
    stack == null ? 'Set PAGEFOLD_DEBUG=leaks to see where it was made.' : 'It was made where the details say.';
  process.emitWarning(
    `a ${kind} of ${byteLength} bytes was never disposed and had to be cleaned up by the garbage collector, which is late ` +
      `and slow. Call dispose(), or declare it with "using". ${hint} This is reported once.`,
    { type: 'PagefoldWarning', code: 'PAGEFOLD_LEAK', ...(stack != null && { detail: stack }) },
  );
}

/** Counts turns of the event loop while the engine has something left to give back. Keeps no process alive. */
function waitForTurn(count = 0): void {
  const { turn } = binding();
  inLaterTurn(count, false, () => {
    if (turn()) waitForTurn(count + 1);
  });
}

function stackOfCaller(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = STACK_FRAMES;
  const { stack = '' } = new Error('made here');
  Error.stackTraceLimit = stackTraceLimit;
  // Without the message, this function and the one that asked for it.
  return stack.split('\n').slice(3).join('\n');
}
