/** Pyodide declared itself dead (a WebAssembly trap, a JavaScript stack overflow, os._exit): only a new one can go on. */
export class InterpreterLost extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super(`the interpreter is lost: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'InterpreterLost';
  }
}
