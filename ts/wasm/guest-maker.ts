/** So many times in a row a guest is tried to be made before those who wait for one are told. */
const ATTEMPTS_MAX = 4;
/** How long to wait after the first failure; twice as long after each further one. */
const FIRST_DELAY_MS = 100;

/** What makes guests, and what becomes of them. @internal */
export interface Making<G> {
  readonly make: () => Promise<G>;
  /** How many more are wanted than there are and than are being made. */
  readonly wanted: () => number;
  /** Takes a guest that was made. */
  readonly made: (guest: G) => void;
  /** Called after every failure; `gaveUp` after the last attempt: there is none until the next {@link GuestMaker.fill}. */
  readonly failed: (error: unknown, gaveUp: boolean) => void;
}

/**
 * Makes guests one after another, or a few at a time, never in the turn in which they are asked for. Tries again after a
 * failure, later each time, and a bounded number of times.
 *
 * @internal
 */
export class GuestMaker<G> {
  readonly #making: Making<G>;
  readonly #concurrency: number;
  #running = 0;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(making: Making<G>, concurrency: number) {
    this.#making = making;
    this.#concurrency = concurrency;
  }

  /** How many are being made. */
  get running(): number {
    return this.#running;
  }

  /** Has as many made as are wanted. While a retry is due it is waited for. */
  fill(): void {
    while (!this.#closed && this.#retry === undefined && this.#running < this.#concurrency) {
      if (this.#making.wanted() <= 0) return;
      this.#running += 1;
      setImmediate(() => void this.#make());
    }
  }

  /** Somebody waits: a retry that is due keeps the process alive from now on. */
  hurry(): void {
    this.#retry?.ref();
    this.fill();
  }

  /** Makes none any more. What is being made now still arrives. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  async #make(): Promise<void> {
    if (this.#closed) {
      this.#running -= 1;
      return;
    }
    let guest: G;
    try {
      guest = await this.#making.make();
    } catch (error) {
      this.#running -= 1;
      this.#fail(error);
      return;
    }
    this.#running -= 1;
    this.#failures = 0;
    this.#making.made(guest);
    this.fill();
  }

  #fail(error: unknown): void {
    this.#failures += 1;
    const gaveUp = this.#failures >= ATTEMPTS_MAX;
    if (gaveUp) this.#failures = 0;
    else this.#tryLater(FIRST_DELAY_MS * 2 ** (this.#failures - 1));
    this.#making.failed(error, gaveUp);
  }

  #tryLater(delay: number): void {
    if (this.#closed || this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.fill();
    }, delay);
    // Nobody waits for it, as far as is known here.
    this.#retry.unref();
  }
}
