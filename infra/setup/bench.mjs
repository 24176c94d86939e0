import { spawnSync } from "node:child_process";
import { ensure, root } from "./ensure.mjs";

const { node } = ensure();

function run(script, ...args) {
  const done = spawnSync(node, [root + script, ...args], { cwd: root, stdio: "inherit" });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

// What is measured is what `npm start` runs.
run("apps/proxy/scripts/bundle.ts", "--if-changed");
run("test/bench/src/main.ts", ...process.argv.slice(2));
