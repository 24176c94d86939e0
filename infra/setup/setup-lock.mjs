// Plain JavaScript because an old Node cannot strip types.
import { createHash } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const WAIT_MS = 250;
const EMPTY_MS = 5_000;
const DEADLINE_MS = 15 * 60_000;

/**
 * Runs `work` while no other process of this checkout does: two installations at once destroy each other. Waits for the other
 * one, at most 15 minutes; a lock whose holder has ended is taken over.
 */
export function withSetupLock(root, work, say = console.log) {
  const file = join(
    tmpdir(),
    `sluice-setup-${createHash("sha256").update(root).digest("hex").slice(0, 16)}.lock`,
  );
  const end = Date.now() + DEADLINE_MS;
  let told = false;
  while (!take(file)) {
    if (Date.now() > end)
      throw new Error(`another command has been setting up this checkout for 15 minutes: ${file}`);
    if (!told) say("sluice: another command is setting up this checkout; waiting for it …");
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
  }
  const release = () => rmSync(file, { force: true });
  process.once("exit", release);
  try {
    return work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (!isHeld(file)) rmSync(file, { force: true });
  return false;
}

/** Just made, it may still be empty. */
function isHeld(file) {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return false;
  }
  if (text === "") return Date.now() - statSync(file, { throwIfNoEntry: false })?.mtimeMs < EMPTY_MS;
  try {
    process.kill(Number(text), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
