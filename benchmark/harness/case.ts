/** What one measurement of a subject gave: one value for each part of its work, in the unit of the case. */
export type Readings = Readonly<Record<string, number>>;

/** One way of doing the work that a case is about. */
export interface Subject {
  readonly name: string;
  /** Takes part in every nth round only, because it is slow. */
  readonly everyRounds?: number;
  /** Does the work once and looks at every result of it. @throws {WrongResult} */
  check(): void | Promise<void>;
  /** Runs untimed until what is measured is steady. */
  warmUp?(): void | Promise<void>;
  /** Measures once; called once a round. */
  measure(): Readings | Promise<Readings>;
  dispose?(): void;
}

/** Two subjects to set against each other, by the names they have in the case. */
export interface Pair {
  readonly of: string;
  readonly to: string;
}

export interface Case {
  readonly suite: string;
  readonly name: string;
  /** The case in words, for people. */
  readonly title: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Of all readings. */
  readonly unit: string;
  readonly rounds: number;
  readonly subjects: readonly Subject[];
  /** Called before each round, counted from 0: to give all subjects other memory, for example, untimed. */
  beginRound?(round: number): void | Promise<void>;
  /** `of` divided by `to`, round by round. */
  readonly ratios?: readonly Pair[];
  /** The parts that ratios are about; default: all of them. */
  readonly ratioParts?: readonly string[];
  /** `of` minus `to`, round by round. */
  readonly differences?: readonly Pair[];
}
