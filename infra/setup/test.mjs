import { spawnSync } from "node:child_process";
import { ensure, root } from "./ensure.mjs";

const { node } = ensure();
const done = spawnSync(node, [`${root}infra/setup/run-tests.ts`, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
process.exit(done.status ?? 1);
