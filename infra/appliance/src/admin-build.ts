import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { runBuild } from "./run-build.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const admin = `${root}apps/admin/`;
const stamp = `${admin}.next/.sluice-build`;

/** Hash of everything that the dashboard's build reads. */
function sourceHash(): string {
  const hash = createHash("sha256").update(readFileSync(`${root}package-lock.json`));
  const files = globSync(
    ["apps/admin/src/**/*", "apps/admin/*.{ts,json,mjs}", "packages/*/src/**/*", "packages/*/package.json"],
    { cwd: root, withFileTypes: true },
  )
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts") && entry.name !== "next-env.d.ts")
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort();
  for (const file of files)
    hash.update(file.slice(root.length)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

/** Builds apps/admin when its sources changed since the last build; throws with Next's own words when that fails. */
export async function ensureAdminBuild(log: (line: string) => void): Promise<void> {
  const want = sourceHash();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === want) return;
  log("building the dashboard …");
  const next = createRequire(`${admin}package.json`).resolve("next/dist/bin/next");
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } as const;
  await runBuild([next, "build"], { cwd: admin, env }, "the dashboard's build failed");
  writeFileSync(stamp, want);
}
