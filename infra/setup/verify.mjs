// `npm run verify`: every static check, side by side, each with its own output, exit 1 when one fails.
import { spawn } from "node:child_process";
import { ensure, root } from "./ensure.mjs";

const { bin, node } = ensure();
const checks = [
  ["format and lint", `${bin}/biome`, ["ci", "--colors=off", "--error-on-warnings", "."]],
  ["type-aware lint", `${bin}/oxlint`, ["--type-aware", "--deny-warnings"]],
  ["types", `${bin}/tsc`, ["-p", "tsconfig.json"]],
  ["types of test/e2e", `${bin}/tsc`, ["-p", "test/e2e/tsconfig.json"]],
  ["types of apps/admin", `${bin}/tsc`, ["-p", "apps/admin/tsconfig.json"]],
  ["unused code", `${bin}/knip`, ["--no-progress"]],
  ["rooms of the proxy", node, ["infra/setup/check-rooms.ts"]],
  ["docs", node, ["infra/setup/check-docs.ts"]],
  ["command-line pages", node, ["packages/cli/scripts/generate-docs.ts", "--check"]],
  ["answer schemas", node, ["apps/admin/scripts/generate-answers.ts", "--check"]],
  ["compatibility table", node, ["apps/proxy/scripts/compatibility.ts", "--check"]],
];

const results = await Promise.all(
  checks.map(
    ([name, command, args]) =>
      new Promise((resolve) => {
        const started = performance.now();
        const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
        let output = "";
        child.stdout.on("data", (chunk) => (output += chunk));
        child.stderr.on("data", (chunk) => (output += chunk));
        child.on("close", (code) => {
          const seconds = ((performance.now() - started) / 1000).toFixed(1);
          console.log(
            `${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)${code === 0 ? "" : `\n${output}`}`,
          );
          resolve(code === 0);
        });
      }),
  ),
);
process.exit(results.every(Boolean) ? 0 : 1);
