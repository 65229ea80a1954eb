/** Collects garbage and lets finalizers run, which the engines do in later turns. */
export async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    collectNow();
    await turn();
    await turn();
  }
}

/** Collects garbage until something holds; false when it never does. */
export async function collectedUntil(holds: () => boolean, rounds = 50): Promise<boolean> {
  for (let round = 0; round < rounds; round++) {
    if (holds()) return true;
    await collectGarbage();
  }
  return holds();
}

/** Collects garbage in this very turn. */
export function collectNow(): void {
  const { Bun: bun } = globalThis as { Bun?: { gc(synchronous: boolean): void } };
  if (bun !== undefined) bun.gc(true);
  else if (globalThis.gc !== undefined) globalThis.gc();
  else throw new Error('the tests need the flag --expose-gc');
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
