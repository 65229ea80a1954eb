/**
 * What {@link PagePool.stats} tells: numbers only. `slots + retiring` is `unmapped + clean + inUse + unknown`, and
 * `acquired - released` is `inUse`.
 */
export interface PagePoolStats {
  /** How many slots there are to be. */
  readonly slots: number;
  /** How many it can have. */
  readonly maxSlots: number;
  /** Slots that take no memory yet. */
  readonly unmapped: number;
  /** Slots that are ready. */
  readonly clean: number;
  /** Slots that are leased. */
  readonly inUse: number;
  /** Slots that have to be cleaned before anybody gets them. */
  readonly unknown: number;
  /** Slots that are too many since the pool was made smaller, and go when they are released. */
  readonly retiring: number;
  /** Callers that wait. */
  readonly waiting: number;
  /** Leases that were given. */
  readonly acquired: number;
  /** Leases that have ended: released, or abandoned. */
  readonly released: number;
  /** Leases with a slot last used for the same. */
  readonly affinityHits: number;
  /** Slots that were given memory. */
  readonly mapped: number;
  /** Resets of slots. */
  readonly cleaned: number;
  /** Resets that had to map everything anew. */
  readonly remapped: number;
  /** Resets that failed: the slot waited for another one. */
  readonly failed: number;
  /** Bytes of idle slots that were given back to the system. */
  readonly trimmedByteLength: number;
  /** Times that a guard was found written when a slot next to it was cleaned. */
  readonly overruns: number;
  /** Leases that were collected without having been released. */
  readonly abandoned: number;
  /** Waits that ended by their time limit. */
  readonly timeouts: number;
  /** Waits that ended by their signal. */
  readonly aborted: number;
}

/** What {@link PagePool.trim} did. */
export interface PoolTrimReport {
  /** Pages that were given back to the system. */
  readonly pagesReleased: number;
}
