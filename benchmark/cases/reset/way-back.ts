/** A memory, and a way to bring it back to what it was. */
export interface WayBack {
  readonly name: string;
  /** Cycles a measurement. */
  readonly cycles: number;
  /** Measured in every nth round only, because it is slow. */
  readonly everyRounds?: number;
  /** The memory as it is now. */
  readonly heap: Uint8Array;
  reset(): void;
  dispose(): void;
}
