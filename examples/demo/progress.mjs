/** Says on stderr what the demo is doing: one line that changes in a terminal, a line for each step elsewhere. */

export class Progress {
  #terminal = process.stderr.isTTY;

  /** @param {string} step */
  step(step) {
    process.stderr.write(this.#terminal ? `\r\x1b[K${step} …` : `${step} …\n`);
  }

  /**
   * @param {string} step
   * @param {number} done
   * @param {number} total
   */
  count(step, done, total) {
    if (this.#terminal) process.stderr.write(`\r\x1b[K${step}: ${done} of ${total}`);
  }

  end() {
    if (this.#terminal) process.stderr.write('\r\x1b[K');
  }
}
