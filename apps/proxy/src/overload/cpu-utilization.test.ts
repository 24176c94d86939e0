import assert from "node:assert/strict";
import { test } from "node:test";
import { cpuUtilization } from "./cpu-utilization.ts";

/** A kernel whose files tests write. */
function kernel(files: Record<string, string>) {
  return (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error(`ENOENT ${path}`);
    return text;
  };
}

test("the host's share of busy time between two calls counts for a twentieth", () => {
  const files: Record<string, string> = { "/proc/stat": "cpu  100 0 100 800 50 0 0 0 0 0\ncpu0 …" };
  const read = cpuUtilization("host", () => 0, kernel(files));
  assert.equal(read(), 0);
  // 60 of 100 ticks.
  files["/proc/stat"] = "cpu  130 10 120 840 90 0 0 0 0 0\n";
  assert.equal(read().toFixed(6), (0.6 * 0.05).toFixed(6));
  files["/proc/stat"] = "cpu  230 10 120 840 90 0 0 0 0 0\n";
  assert.equal(read().toFixed(6), (1 * 0.05 + 0.03 * 0.95).toFixed(6));
});

test("a control group of version 2 is measured by the lesser of quota and CPU set", () => {
  let nowNs = 0;
  const files: Record<string, string> = {
    "/sys/fs/cgroup/cpu.stat": "usage_usec 1000\nuser_usec 1\n",
    "/sys/fs/cgroup/cpu.max": "150000 100000\n",
    "/sys/fs/cgroup/cpuset.cpus.effective": "0-1,4\n",
  };
  const read = cpuUtilization("container", () => nowNs, kernel(files));
  read();
  nowNs = 1e9;
  // 0.75 s of CPU in a second of 1.5 cores.
  files["/sys/fs/cgroup/cpu.stat"] = "usage_usec 751000\n";
  assert.equal(read().toFixed(6), (0.5 * 0.05).toFixed(6));
  files["/sys/fs/cgroup/cpu.max"] = "max 100000\n";
  const unlimited = cpuUtilization("container", () => nowNs, kernel(files));
  unlimited();
  nowNs = 2e9;
  files["/sys/fs/cgroup/cpu.stat"] = "usage_usec 3751000\n";
  assert.equal(unlimited().toFixed(6), (1 * 0.05).toFixed(6));
});

test("a control group of version 1 is measured by its shares", () => {
  let nowNs = 0;
  const files: Record<string, string> = {
    "/sys/fs/cgroup/cpu/cpu.shares": "2000\n",
    "/sys/fs/cgroup/cpuacct/cpuacct.usage": "1000000000\n",
  };
  const read = cpuUtilization("container", () => nowNs, kernel(files));
  read();
  nowNs = 1e9;
  files["/sys/fs/cgroup/cpuacct/cpuacct.usage"] = "1500000000\n";
  assert.equal(read().toFixed(6), (0.25 * 0.05).toFixed(6));
});

test("times that cannot be, and kernels that tell none, are errors", () => {
  const files: Record<string, string> = { "/proc/stat": "cpu  5 0 0 5\n" };
  const read = cpuUtilization("host", () => 0, kernel(files));
  read();
  assert.throws(read, /backwards/);
  assert.throws(
    cpuUtilization("host", () => 0, kernel({ "/proc/stat": "intr 1\n" })),
    /no line of CPU times/,
  );
  assert.throws(
    cpuUtilization("container", () => 0, kernel({})),
    /ENOENT/,
  );
});
