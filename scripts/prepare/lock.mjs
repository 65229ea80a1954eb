import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 200;

/**
 * Runs `work` while no other process does. The lock is a folder that holds one file, named after the owner's process.
 * A waiter may always remove the file of a dead owner and an empty folder; it can never remove a folder that someone
 * has meanwhile locked, for that is not empty: it gets its name only when the file is in it.
 */
export async function withLock(folder, onWait, work) {
  for (let waited = false; !acquire(folder); waited = true) {
    const owner = livingOwner(folder);
    if (owner === undefined) continue;
    if (!waited) onWait(owner);
    await delay(POLL_MS);
  }
  const releaseAndStop = (signal) => {
    release(folder);
    process.removeAllListeners(signal).kill(process.pid, signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.once(signal, releaseAndStop);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, releaseAndStop);
    release(folder);
  }
}

function acquire(folder) {
  const own = `${folder}.${process.pid}`;
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  writeFileSync(join(own, String(process.pid)), '');
  try {
    // Takes the place of nothing, or of an empty folder.
    renameSync(own, folder);
    return true;
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    // Windows says EPERM of a folder that is there.
    if (['EEXIST', 'ENOTEMPTY'].includes(error.code) || (error.code === 'EPERM' && existsSync(folder))) return false;
    throw error;
  }
}

/** Clears what a dead owner left behind; returns the process id of a living one. */
function livingOwner(folder) {
  const owners = read(folder);
  const living = owners.find((pid) => isAlive(Number(pid)));
  if (living !== undefined) return Number(living);
  for (const pid of owners) rmSync(join(folder, pid), { force: true });
  removeIfEmpty(folder);
}

function release(folder) {
  rmSync(join(folder, String(process.pid)), { force: true });
  removeIfEmpty(folder);
}

function read(folder) {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function removeIfEmpty(folder) {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
