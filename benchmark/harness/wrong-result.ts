/** A subject did not compute what it had to: its time means nothing, and the run fails. */
export class WrongResult extends Error {
  override readonly name = 'WrongResult';
}
