/** Something that the demo asserts did not hold: the demo ends with this message. */
export class CheckFailed extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'CheckFailed';
  }
}
