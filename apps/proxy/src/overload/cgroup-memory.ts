import { existsSync, readFileSync } from "node:fs";

/** Usage and limit of this process's control group: version 2, then version 1. */
const FILES: readonly (readonly [usage: string, limit: string])[] = [
  ["/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.max"],
  ["/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"],
];

/**
 * How much of its memory the control group has used, as a fraction of its limit, or of `maxBytes` where that is lower (0: it is
 * not). Without any limit there is no pressure. Throws where there is no control group.
 */
export function readCgroupMemory(maxBytes: number, files = FILES): number {
  const found = files.find(([usage]) => existsSync(usage));
  if (found === undefined) throw new Error("no cgroup memory is mounted at /sys/fs/cgroup");
  const [usageFile, limitFile] = found;
  const limitText = readFileSync(limitFile, "utf8").trim();
  const own = limitText === "max" ? Number.POSITIVE_INFINITY : Number(limitText);
  const limit = maxBytes > 0 ? Math.min(own, maxBytes) : own;
  return Number(readFileSync(usageFile, "utf8")) / limit;
}
