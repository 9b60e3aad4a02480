import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, statSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { say } from "./run.mjs";

/**
 * Runs `work` while no other process does under the same lock file. Waits for as long as the holder lives; a lock whose
 * holder is dead (kill -9, power cut) is taken over.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryTake(path)) {
    const holder = holderOf(path);
    if (holder !== null && !isAlive(holder)) removeDead(path, holder);
    else {
      if (!told) say(`waiting for another command to finish installing or building (process ${holder ?? "unknown"}).`);
      told = true;
      await sleep(250);
    }
  }
  const release = () => unlinkSync(path);
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

/** @param {string} path */
function tryTake(path) {
  try {
    const file = openSync(path, "wx");
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Null when the lock has just been released or its holder has not written its number yet. A file that stays empty for
 * five seconds was left by a process killed between the two: it counts as held by nobody (0).
 * @param {string} path
 */
function holderOf(path) {
  try {
    const text = readFileSync(path, "utf8");
    if (text !== "") return Number(text);
    return Date.now() - statSync(path).mtimeMs > 5000 ? 0 : null;
  } catch {
    return null;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/**
 * Two waiters may find the same dead holder; only the one that makes the guard folder removes the lock, and only if it is
 * still the dead one's, so that a lock just taken by a living process is never removed.
 * @param {string} path
 * @param {number} holder
 */
function removeDead(path, holder) {
  const guard = `${path}.takeover`;
  try {
    mkdirSync(guard);
  } catch {
    try {
      if (Date.now() - statSync(guard).mtimeMs > 10_000) rmdirSync(guard);
    } catch {
      // Gone meanwhile: the other waiter has finished.
    }
    return;
  }
  try {
    if (holderOf(path) === holder) unlinkSync(path);
  } finally {
    rmdirSync(guard);
  }
}
