/**
 * Runs a step in each turn of the event loop for as long as there is something to do. It does not keep the process alive.
 *
 * @internal
 */
export class EachTurn {
  /** What to do; whether there is more. */
  readonly #step: () => boolean;
  readonly #run = (): void => {
    this.stop();
    if (this.#step()) this.start();
  };
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(step: () => boolean) {
    this.#step = step;
  }

  /** Sees to it that the step runs in the next turn. */
  start(): void {
    if (this.#immediate !== undefined) return;
    this.#immediate = setImmediate(this.#run);
    this.#immediate.unref();
    // An immediate that keeps nothing alive does not wake a loop that waits for events either. A timer does.
    this.#timer = setTimeout(this.#run, 1);
    this.#timer.unref();
  }

  /** Sees to it that it does not. */
  stop(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#timer = undefined;
  }
}
