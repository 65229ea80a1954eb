import { inspect, isDeepStrictEqual } from 'node:util';

import { type Expectation, unmet } from './harness-expectation.ts';

/** The `t` of one test: each assertion throws when it does not hold. */
export class Assertions {
  readonly teardowns: (() => unknown)[] = [];
  readonly logged: string[] = [];
  timeout: (milliseconds: number, message?: string) => void = () => {};
  #made = 0;
  #planned: number | undefined;

  is(actual: unknown, expected: unknown, message?: string): void {
    this.#check(Object.is(actual, expected), `${inspect(actual)} is not ${inspect(expected)}`, message);
  }

  not(actual: unknown, unexpected: unknown, message?: string): void {
    this.#check(!Object.is(actual, unexpected), `both are ${inspect(actual)}`, message);
  }

  deepEqual(actual: unknown, expected: unknown, message?: string): void {
    this.#check(isDeepStrictEqual(actual, expected), `${inspect(actual)} differs from ${inspect(expected)}`, message);
  }

  notDeepEqual(actual: unknown, unexpected: unknown, message?: string): void {
    this.#check(!isDeepStrictEqual(actual, unexpected), `both are like ${inspect(actual)}`, message);
  }

  true(value: unknown, message?: string): void {
    this.is(value, true, message);
  }

  false(value: unknown, message?: string): void {
    this.is(value, false, message);
  }

  truthy(value: unknown, message?: string): void {
    this.#check(Boolean(value), `${inspect(value)} is not truthy`, message);
  }

  falsy(value: unknown, message?: string): void {
    this.#check(!value, `${inspect(value)} is not falsy`, message);
  }

  assert(value: unknown, message?: string): void {
    this.truthy(value, message);
  }

  regex(text: string, pattern: RegExp, message?: string): void {
    this.#check(pattern.test(text), `${inspect(text)} does not match ${pattern}`, message);
  }

  notRegex(text: string, pattern: RegExp, message?: string): void {
    this.#check(!pattern.test(text), `${inspect(text)} matches ${pattern}`, message);
  }

  like(value: unknown, selector: object, message?: string): void {
    this.#check(isLike(value, selector), `${inspect(value)} is not like ${inspect(selector)}`, message);
  }

  throws(work: () => unknown, expectation?: Expectation, message?: string): unknown {
    try {
      work();
    } catch (error) {
      return this.#expected(error, expectation, message);
    }
    return this.#check(false, 'nothing was thrown', message);
  }

  async throwsAsync(work: Promise<unknown> | (() => Promise<unknown>), expectation?: Expectation, message?: string) {
    try {
      await (typeof work === 'function' ? work() : work);
    } catch (error) {
      return this.#expected(error, expectation, message);
    }
    return this.#check(false, 'the promise was not rejected', message);
  }

  notThrows(work: () => unknown, message?: string): void {
    this.#made++;
    try {
      work();
    } catch (error) {
      throw new Error(message ?? 'should not have thrown', { cause: error });
    }
  }

  async notThrowsAsync(work: Promise<unknown> | (() => Promise<unknown>), message?: string): Promise<void> {
    this.#made++;
    try {
      await (typeof work === 'function' ? work() : work);
    } catch (error) {
      throw new Error(message ?? 'should not have been rejected', { cause: error });
    }
  }

  pass(): void {
    this.#made++;
  }

  fail(message = 'failed on purpose'): never {
    throw new Error(message);
  }

  log(...values: unknown[]): void {
    this.logged.push(values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' '));
  }

  teardown(work: () => unknown): void {
    this.teardowns.push(work);
  }

  plan(count: number): void {
    this.#planned = count;
  }

  /** Called after the test: a test that asserts nothing, or not what it planned, has not passed. */
  end(): void {
    if (this.#planned !== undefined && this.#made !== this.#planned) {
      throw new Error(`planned ${this.#planned} assertions, made ${this.#made}`);
    }
    if (this.#planned === undefined && this.#made === 0) throw new Error('no assertion was made');
  }

  #expected(error: unknown, expectation: Expectation | undefined, message: string | undefined): unknown {
    const problem = unmet(error, expectation);
    this.#check(problem === undefined, problem ?? '', message, error);
    return error;
  }

  #check(holds: boolean, problem: string, message: string | undefined, cause?: unknown): void {
    this.#made++;
    if (!holds) throw new Error(message === undefined ? problem : `${message}: ${problem}`, { cause });
  }
}

function isLike(value: unknown, selector: unknown): boolean {
  if (typeof selector !== 'object' || selector === null) return Object.is(value, selector);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(selector).every(([key, part]) => isLike((value as Record<string, unknown>)[key], part));
}
