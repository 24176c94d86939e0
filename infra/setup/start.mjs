// `npm start`: sets up on any Node from 18 on, then hands over to the appliance on the pinned Node.
import { spawn } from "node:child_process";
import { ensure, root } from "./ensure.mjs";

const { node } = ensure();
const child = spawn(node, [`${root}infra/appliance/src/main.ts`, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
// The terminal sends Ctrl-C to the whole group: wait for the appliance's own clean end, pass on what came to us alone.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("close", (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
