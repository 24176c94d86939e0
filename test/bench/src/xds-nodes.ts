/**
 * Many xDS nodes in one process, for the scenario `xds`: each a gRPC client on a connection of its own that follows all
 * clusters and every named route configuration by delta ADS, acknowledges what it gets, and remembers when.
 *
 *     node xds-nodes.ts <port> <nodes> <file with the routes' names, one a line>
 *
 * Reads a command a line and answers a line of JSON: `connect` (all at once; answered when all have everything), `await
 * <route>` (answered when all have acknowledged that route's next change), `reconnect` (all at once, naming what they have).
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { XdsNode, type XdsNodeFeed } from "./xds-node.ts";

const [port = "", count = "", file = ""] = process.argv.slice(2);
const feed: XdsNodeFeed = {
  port: Number(port),
  routes: readFileSync(file, "utf8").split("\n"),
  versions: new Map(),
};
const nodes = Array.from({ length: Number(count) }, (_, index) => new XdsNode(`node-${index}`, feed));

/** When each node came to it, in epoch milliseconds. */
async function all(what: (node: XdsNode) => Promise<number>): Promise<number[]> {
  const at = await Promise.all(nodes.map(what));
  return at.sort((a, b) => a - b);
}

async function run(command: string, argument: string): Promise<readonly number[]> {
  if (command === "connect") return await all((node) => node.connect());
  if (command === "reconnect") {
    for (const node of nodes) node.disconnect();
    return await all((node) => node.connect());
  }
  if (command === "await") return await all((node) => node.untilChanged(argument));
  throw new Error(`unknown command ${command}`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command = "", argument = ""] = line.split(" ");
  const startedAt = performance.timeOrigin + performance.now();
  const done = run(command, argument);
  // `await` is armed from here on.
  process.stdout.write(`${JSON.stringify({ armed: command })}\n`);
  process.stdout.write(`${JSON.stringify({ startedAt, at: await done })}\n`);
}
process.exit(0);
