/**
 * Runs every suite with node:test and ends with `N passed, N failed[, N skipped]`.
 *
 *     npm test                      every x.test.ts and x.integration.test.ts, then the conformance and browser suites
 *     npm test -- packages/xds      only the files whose path contains one of the words
 *     npm test -- test/conformance --name=retries      of those, only the tests whose names match the regular expression
 *     npm run test:long             the x.long.test.ts files
 */
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { ensureAdminBuild } from "../appliance/src/admin-build.ts";
import { ensureProxyBundle } from "../appliance/src/proxy-bundle.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const args = process.argv.slice(2);
const long = args.includes("--long");
const name = args.find((arg) => arg.startsWith("--name="))?.slice("--name=".length);
const words = args.filter((arg) => !arg.startsWith("--"));

const all = globSync("{apps,packages,infra,test}/**/*.test.ts", {
  cwd: root,
  exclude: (name) => name === "node_modules" || name === ".next" || name === "gen",
})
  .filter((file) => file.endsWith(".long.test.ts") === long)
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
// Suites that load the machine or measure time have it to themselves; of those that start processes of their own and wait
// for them most of the time, two or more go side by side. Long ones all want the machine.
const compared = all.filter((file) => /^test\/conformance\/conformance-\d+\.test\.ts$/.test(file));
const paired = all.filter((file) => !long && file.endsWith(".integration.test.ts"));
const alone = all.filter(
  (file) =>
    !compared.includes(file) &&
    !paired.includes(file) &&
    (long || file.startsWith("test/") || file.startsWith("infra/")),
);
const together = all.filter((file) => ![compared, paired, alone].some((list) => list.includes(file)));

const seconds = new Map<string, number>();
let passed = 0;
let failed = 0;
let skipped = 0;

async function runFiles(files: string[], concurrency: number): Promise<void> {
  if (files.length === 0) return;
  const stream = run({
    files: files.map((file) => root + file),
    concurrency,
    cwd: root,
    ...(name === undefined ? {} : { testNamePatterns: [new RegExp(name)] }),
    timeout: long ? 3_600_000 : 600_000,
  });
  for await (const event of stream) {
    if (event.type === "test:stderr" || event.type === "test:stdout") {
      if (event.type === "test:stderr") process.stderr.write(event.data.message);
      continue;
    }
    if (event.type === "test:summary" && event.data.file !== undefined)
      seconds.set(relative(root, event.data.file), event.data.duration_ms / 1000);
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    if (event.data.details.type === "suite") continue;
    const isFile = event.data.nesting === 0 && event.data.name.endsWith(".test.ts");
    if (event.data.skip !== undefined && event.data.skip !== false) {
      skipped++;
      console.log(
        `skip ${event.data.name}${typeof event.data.skip === "string" ? ` (${event.data.skip})` : ""}`,
      );
    } else if (event.type === "test:pass") {
      if (!isFile) passed++;
    } else {
      failed++;
      const cause = event.data.details.error.cause;
      console.log(`FAIL ${event.data.file ?? ""} › ${event.data.name}`);
      console.log(
        cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? event.data.details.error),
      );
    }
  }
}

// What test files load is stripped of its types and compiled once for all of them.
process.env.NODE_COMPILE_CACHE ||= `${root}node_modules/.cache/compiled`;
await ensureProxyBundle();
if (words.length === 0 || alone.some((file) => file.startsWith("test/e2e")))
  await ensureAdminBuild((line) => console.log(line));
await runFiles(together, Math.max(1, availableParallelism()));
await runFiles(alone, 1);
await runFiles(paired, 2);
await runFiles(compared, 5);
if (passed + failed === 0) {
  console.log("no test file matches");
  failed = 1;
}
const slowest = [...seconds].sort((a, b) => b[1] - a[1]).slice(0, 15);
if (words.length === 0)
  for (const [file, took] of slowest) console.log(`${took.toFixed(1).padStart(6)} s  ${file}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 ? 0 : 1);
