import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { GuardDog, type WatchdogSettings } from "./guard-dog.ts";

const SETTINGS: WatchdogSettings = {
  missMs: 200,
  megaMissMs: 1000,
  killMs: 0,
  multikillMs: 0,
  multikillShare: 0,
};

/** A dog over a main thread and three workers that all beat at 1000. */
function dogOver(worker: Partial<WatchdogSettings>, main: Partial<WatchdogSettings> = {}) {
  const lastBeats = new SharedArrayBuffer(4 * 8);
  const misses = new SharedArrayBuffer(4 * 2 * 4);
  const beats = new Float64Array(lastBeats).fill(1000);
  const dog = new GuardDog({
    main: { ...SETTINGS, ...main },
    worker: { ...SETTINGS, ...worker },
    lastBeats,
    misses,
  });
  return { dog, beats, misses: () => [...new Int32Array(misses)] };
}

test("a silence counts once as a miss and once as a mega miss, and anew behind the next beat", () => {
  const { dog, beats, misses } = dogOver({});
  beats.fill(5000, 2);
  assert.equal(dog.check(1200), "");
  assert.deepEqual(misses(), [0, 0, 0, 0, 0, 0, 0, 0]);
  dog.check(1201);
  dog.check(1300);
  assert.deepEqual(misses(), [1, 0, 1, 0, 0, 0, 0, 0]);
  dog.check(2001);
  dog.check(3000);
  assert.deepEqual(misses(), [1, 1, 1, 1, 0, 0, 0, 0]);
  beats[1] = 3000;
  dog.check(3500);
  assert.deepEqual(misses(), [1, 1, 2, 1, 0, 0, 0, 0]);
});

test("one thread that hangs past its kind's kill_timeout ends the process; threads that are not watched do not", () => {
  const { dog, beats } = dogOver({ killMs: 500 });
  beats.fill(0, 2);
  beats[0] = 1;
  assert.equal(dog.check(1500), "");
  assert.match(dog.check(1501), /^worker_0 has not answered for 501 ms/);
  beats[1] = 0;
  assert.equal(dog.check(9000), "");
});

test("multikill_timeout needs its share of the threads, and two at least", () => {
  const { dog, beats } = dogOver({ multikillMs: 500, multikillShare: 0.7 });
  beats[3] = 9000;
  assert.equal(dog.check(2000), "");
  beats[3] = 1000;
  assert.match(dog.check(2000), /^3 threads/);
  const two = dogOver({ multikillMs: 500 });
  two.beats.fill(9000, 2);
  assert.equal(two.dog.check(2000), "");
  two.beats[2] = 1000;
  assert.match(two.dog.check(2000), /^2 threads/);
});

test("a process whose main thread hangs is ended from its guard's thread", { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [new URL("hanging-process-fixture.ts", import.meta.url).pathname], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  const [, signal] = await once(child, "close");
  assert.equal(signal, "SIGABRT", told);
  assert.match(told, /main_thread has not answered for \d+ ms \(kill_timeout\): the process ends/);
});
