// Leaves a pool with slots to clean, one that was closed with some, and leases nobody has released: the process has nothing to
// wait for, and ends. A failing step of a closed pool would be an uncaught exception.
import { PagePool } from 'pagefold';

const [open, closed] = [0, 1].map(() => PagePool.create({ slots: 50, slotByteLength: 1 << 20 }));
for (const pool of [open, closed]) {
  for (let count = 0; count < 50; count += 1) {
    const lease = pool?.tryAcquire();
    lease?.bytes.fill(1);
    if (count % 2 === 0) lease?.release();
  }
}
closed?.close();
setTimeout(() => {
  throw new Error('the process was kept alive');
}, 60_000).unref();
process.on('exit', () => console.log(JSON.stringify({ left: 'with nothing to do' })));
