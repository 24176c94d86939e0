import { readFileSync } from "node:fs";

/** What a source of CPU times tells at one moment; `busy` and `available` share a unit. */
interface CpuTimes {
  readonly busy: number;
  readonly available: number;
}

/** Reads a file of the kernel; throws where there is none. */
type ReadText = (path: string) => string;

/** How much the newest reading counts: spikes and dips are damped, as in Envoy. */
const NEWEST_SHARE = 0.05;
const CGROUP = "/sys/fs/cgroup";
const MILLICORES = 1000;

/**
 * The share of CPU time that was used between one call and the next, from 0 to 1, smoothed over all calls (resource monitor
 * `cpu_utilization`). `host`: of the whole machine, from /proc/stat. `container`: of what the control group may use, from its
 * version 2 (quota and CPU set), else version 1 (CPU shares as thousandths of a core). The first call tells 0. A call throws where
 * the kernel tells no such times, or where they went backwards.
 */
export function cpuUtilization(
  mode: "host" | "container",
  nowNs: () => number = () => Number(process.hrtime.bigint()),
  read: ReadText = (path) => readFileSync(path, "utf8"),
): () => number {
  const times = mode === "host" ? () => hostTimes(read) : () => containerTimes(read, nowNs());
  let last: CpuTimes | undefined;
  let smoothed = 0;
  return () => {
    const now = times();
    const before = last;
    last = now;
    if (before === undefined) return 0;
    const busy = now.busy - before.busy;
    const available = now.available - before.available;
    if (busy < 0 || available <= 0) throw new Error("the kernel's CPU times went backwards");
    smoothed = Math.min(1, busy / available) * NEWEST_SHARE + smoothed * (1 - NEWEST_SHARE);
    return smoothed;
  };
}

/** In the kernel's ticks: user, nice and system time, and these with idle time. */
function hostTimes(read: ReadText): CpuTimes {
  const found = /^cpu +(\d+) (\d+) (\d+) (\d+)/.exec(read("/proc/stat"));
  if (found === null) throw new Error("/proc/stat begins with no line of CPU times");
  const [user = 0, nice = 0, system = 0, idle = 0] = found.slice(1).map(Number);
  const busy = user + nice + system;
  return { busy, available: busy + idle };
}

/** In nanoseconds of one core. */
function containerTimes(read: ReadText, nowNs: number): CpuTimes {
  const stat = readIfThere(read, `${CGROUP}/cpu.stat`);
  if (stat === undefined) {
    const shares = number(read, `${CGROUP}/cpu/cpu.shares`);
    return {
      busy: number(read, `${CGROUP}/cpuacct/cpuacct.usage`),
      available: (nowNs * shares) / MILLICORES,
    };
  }
  const usage = /^usage_usec (\d+)$/m.exec(stat)?.[1];
  if (usage === undefined) throw new Error(`${CGROUP}/cpu.stat has no usage_usec`);
  const [quota = "", period = ""] = read(`${CGROUP}/cpu.max`).trim().split(" ");
  const set = countCpus(read(`${CGROUP}/cpuset.cpus.effective`));
  const cores = quota === "max" ? set : Math.min(set, Number(quota) / Number(period));
  if (!(cores > 0)) throw new Error(`${CGROUP}/cpu.max and cpuset.cpus.effective leave no CPU`);
  return { busy: Number(usage) * 1000, available: nowNs * cores };
}

/** Of a list such as `0-3,8`. */
function countCpus(list: string): number {
  return list
    .trim()
    .split(",")
    .map((range) => range.split("-").map(Number))
    .reduce((sum, [from = Number.NaN, to = from]) => sum + to - from + 1, 0);
}

function number(read: ReadText, path: string): number {
  const value = Number(read(path));
  if (!(value > 0)) throw new Error(`${path} holds no number above 0`);
  return value;
}

function readIfThere(read: ReadText, path: string): string | undefined {
  try {
    return read(path);
  } catch {
    return undefined;
  }
}
