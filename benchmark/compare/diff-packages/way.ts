/** A way of sending what has changed. */
export interface Way {
  /** Loads it. */
  open(): Promise<Codec>;
}

/** Both halves of a way. Everything is in memory, before and after. */
export interface Codec {
  /** What has to be sent for `before` to become `after`. */
  encode(before: Uint8Array, after: Uint8Array): Uint8Array;
  /** A memory like `after`; leaves `before` alone. */
  decode(before: Uint8Array, delta: Uint8Array): Uint8Array;
  close?(): void;
}
