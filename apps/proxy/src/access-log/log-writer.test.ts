import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Timers } from "@sluice/extension-api";
import { systemTimers } from "../event/system-time.ts";
import { LogWriter } from "./log-writer.ts";

const LOG = { debug() {}, info() {}, warn() {}, error: (message: string) => assert.fail(message) };
/** Of an interval that does not come to its end. */
const STANDING: Timers = {
  create: () => {
    const timer = { armed: false, arm: () => set(true), disarm: () => set(false) };
    const set = (armed: boolean): void => {
      timer.armed = armed;
    };
    return timer;
  },
};
const BLOCK = `${"x".repeat(64 * 1024 - 1)}\n`;

async function withFile(run: (path: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "sluice-log-"));
  try {
    await run(join(dir, "access.log"));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function untilSize(path: string, bytes: number): Promise<void> {
  while ((await stat(path)).size < bytes);
}

test("what comes while a block is written waits for a block of its own or for the interval, not for the disk alone", async () => {
  await withFile(async (path) => {
    const writer = new LogWriter(path, STANDING, 1_000, LOG);
    writer.append(BLOCK);
    writer.append("one more\n");
    await untilSize(path, BLOCK.length);
    // A write begun behind the first would be done before these.
    for (let turn = 0; turn < 8; turn++) await stat(path);
    assert.equal((await stat(path)).size, BLOCK.length);
    writer.append(BLOCK);
    await untilSize(path, BLOCK.length + 9);
    assert.equal(readFileSync(path, "latin1"), `${BLOCK}one more\n`);
    writer.append("last\n");
    await untilSize(path, 2 * BLOCK.length + 9);
    writer.flushNow();
    assert.equal(readFileSync(path, "latin1").slice(-6), "\nlast\n");
  });
});

test("a line that comes while another is written is written at the interval", async () => {
  await withFile(async (path) => {
    const writer = new LogWriter(path, systemTimers, 5, LOG);
    writer.append(BLOCK);
    writer.append("one more\n");
    await untilSize(path, BLOCK.length + 9);
  });
});

test("a file that is opened anew while it is written keeps what was on its way to it", async () => {
  await withFile(async (path) => {
    const writer = new LogWriter(path, STANDING, 1_000, LOG);
    writer.append(BLOCK);
    writer.append("before\n");
    renameSync(path, `${path}.1`);
    writer.reopen();
    writer.append("after\n");
    await untilSize(`${path}.1`, BLOCK.length + 7);
    writer.flushNow();
    assert.deepEqual(readFileSync(`${path}.1`, "latin1").split("\n").sort(), ["", "before", BLOCK.trim()]);
    assert.equal(readFileSync(path, "latin1"), "after\n");
  });
});
