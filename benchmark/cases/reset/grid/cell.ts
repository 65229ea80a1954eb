/** One cell of the grid. */
export interface Cell {
  readonly slotMebibytes: number;
  /** Pages of the image, at the beginning of the slot. */
  readonly resident: number;
  /** Pages that the guest writes in each cycle. */
  readonly dirty: number;
  /** How many of a hundred dirty pages are others in each cycle. */
  readonly randomPercent: number;
  /** Whether another thread of the process keeps a processor busy. */
  readonly busy: boolean;
  /** Pages of the image that the guest reads in each cycle. Default: all of them. */
  readonly read?: number;
}

/** As the Rust server wants it. */
export function cellOrder({ slotMebibytes, resident, dirty, randomPercent, busy, read = resident }: Cell): string {
  return `cell ${[slotMebibytes, resident, dirty, randomPercent, read].join(',')}${busy ? ' busy' : ''}`;
}

export function cellName({ slotMebibytes, resident, dirty, randomPercent, busy }: Cell): string {
  return `${slotMebibytes} MiB, ${resident} resident, ${dirty} dirty, ${randomPercent} % random, ${busy ? 'busy' : 'idle'}`;
}

/** Cells where little of much is dirty: there a reset has to be far cheaper than without tracking. */
export function isSparselyDirty({ resident, dirty }: Cell): boolean {
  return resident >= 1024 && dirty <= 0.02 * resident;
}
