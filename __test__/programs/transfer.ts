// The buffer of a region, transferred away in every way there is; then the region is disposed or collected. The bytes
// stay readable for their new owner, or the transfer is refused. Never a fault.
import assert from 'node:assert/strict';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

import { PagefoldError, Region } from 'pagefold';

import { collectGarbage } from '../helpers/garbage.ts';
import { PAGE } from '../helpers/pages.ts';

interface TransferPrototype {
  readonly transfer?: (this: ArrayBuffer, length?: number) => ArrayBuffer;
  readonly transferToFixedLength?: (this: ArrayBuffer, length?: number) => ArrayBuffer;
}

const prototype = ArrayBuffer.prototype as TransferPrototype;
const { port1, port2 } = new MessageChannel();
port1.unref();

const WAYS: Record<string, ((buffer: ArrayBuffer) => ArrayBuffer | undefined) | undefined> = {
  transfer: prototype.transfer && ((buffer) => prototype.transfer?.call(buffer)),
  'transfer, longer': prototype.transfer && ((buffer) => prototype.transfer?.call(buffer, 20 * PAGE)),
  'transfer, shorter': prototype.transfer && ((buffer) => prototype.transfer?.call(buffer, 10)),
  transferToFixedLength: prototype.transferToFixedLength && ((buffer) => prototype.transferToFixedLength?.call(buffer)),
  structuredClone: (buffer) => structuredClone(buffer, { transfer: [buffer] }),
  'structuredClone of an array': (buffer) =>
    structuredClone(new Uint8Array(buffer, 1), { transfer: [buffer] }).buffer as ArrayBuffer,
  postMessage: (buffer) => {
    port2.postMessage(buffer, [buffer]);
    return (receiveMessageOnPort(port1) as { message: ArrayBuffer } | undefined)?.message;
  },
  'postMessage, never received': (buffer) => {
    port2.postMessage({ buffer }, [buffer]);
    return undefined;
  },
};

const outcomes: Record<string, string> = {};

for (const [name, transfer] of Object.entries(WAYS)) {
  if (transfer === undefined) {
    outcomes[name] = 'absent';
    continue;
  }
  for (const [then, end] of Object.entries(ENDS())) {
    const region = Region.allocate(PAGE, { maxByteLength: 4 * PAGE });
    const view = region.view();
    region.bytes.fill(0x5a);
    view.snapshot();
    const { buffer } = region.bytes;
    const moved = attempted(() => transfer(buffer));
    // Some engines copy instead, and leave the region its buffer.
    if (buffer.byteLength > 0) {
      assert.equal(region.bytes[PAGE - 1], 0x5a);
      assert.equal(view.dirty().pageCount, 0);
    } else {
      assert.notEqual(moved, 'refused');
      assert.throws(() => region.bytes, { code: 'ERR_PAGEFOLD_DETACHED' }, name);
      for (const method of ['reset', 'dirty', 'snapshot'] as const) {
        assert.throws(() => view[method](), { code: 'ERR_PAGEFOLD_DETACHED' }, `${name}, ${method}`);
      }
      assert.throws(() => region.view(), PagefoldError);
    }
    const outcome = moved === 'refused' ? 'refused' : buffer.byteLength > 0 ? 'copied' : 'transferred';
    await end(region, () => view.dispose());
    if (moved instanceof ArrayBuffer) {
      const bytes = new Uint8Array(moved);
      assert.equal(bytes[0], 0x5a, `${name}, then ${then}: the new owner reads`);
      bytes.fill(1);
      for (let index = 0; index < 30; index++) Region.allocate(4 * PAGE).bytes.fill(0xee);
      await collectGarbage();
      assert.ok(
        bytes.every((byte) => byte === 1),
        `${name}, then ${then}: nobody else writes to it`,
      );
    }
    outcomes[name] = outcome;
  }
}

function ENDS(): Record<string, (region: Region, disposeView: () => void) => Promise<void> | void> {
  return {
    'dispose it': (region) => region.dispose(),
    'dispose view and it': (region, disposeView) => {
      disposeView();
      region.dispose();
      region.dispose();
    },
    'dispose it and collect': async (region) => {
      region.dispose();
      await collectGarbage();
    },
    'drop it and collect': () => collectGarbage(),
  };
}

function attempted(work: () => ArrayBuffer | undefined): ArrayBuffer | 'refused' | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof TypeError || (error instanceof Error && error.name === 'DataCloneError')) return 'refused';
    throw error;
  }
}

console.log(JSON.stringify(outcomes));
