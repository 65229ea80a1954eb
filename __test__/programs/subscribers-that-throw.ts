// Subscribers that misbehave, in a process of their own: what they throw is an uncaught exception of it.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as later } from 'node:timers/promises';

import { MemoryView, type ResetMessage } from 'pagefold';

const reported: unknown[] = [];
process.on('uncaughtException', (error: Error) => void reported.push(error.message));

const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4 }));
view.snapshot();

let resets = 0;
const fail = (): void => {
  throw new Error('own');
};
subscribe('pagefold:reset', fail);
subscribe('pagefold:copy', fail);
for (const byte of [1, 2, 3]) {
  view.bytes[byte * 4096] = byte;
  view.reset();
  resets += 1;
}
unsubscribe('pagefold:reset', fail);
unsubscribe('pagefold:copy', fail);
await later(10);
const kinds = [...new Set(reported)];

// Ends when the stack does, which is the error of the subscriber again.
let calls = 0;
const again = (message: unknown): void => {
  calls += 1;
  (message as ResetMessage).view.reset();
};
subscribe('pagefold:reset', again);
view.bytes[0] = 1;
view.reset();
unsubscribe('pagefold:reset', again);
await later(10);

const clean = view.bytes.every((byte) => byte === 0);
view.dispose();
console.log(JSON.stringify({ resets, reported: kinds.join(), clean, endless: calls > 100 }));
process.exit(0);
