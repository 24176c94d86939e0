import type { DumpResource, NodeCertificateState, NodeLogLevel, NodeOrder } from "@sluice/config";
import type { ApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import type { CommandKit } from "./command-kit.ts";
import { askAndWait, ORDER_COLUMNS } from "./commands/ask-node.ts";
import { renderDiff } from "./commands/render-diff.ts";
import { type Column, formatValue } from "./output.ts";
import { resolveVersion } from "./resolve-version.ts";

const NODE_LOG_LEVELS: readonly NodeLogLevel[] = [
  "trace",
  "debug",
  "info",
  "warning",
  "error",
  "critical",
  "off",
];

const CERTIFICATE_COLUMNS: readonly Column<NodeCertificateState>[] = [
  { title: "node", value: (row) => row.node },
  { title: "state", value: (row) => row.state },
  { title: "issued", value: (row) => row.issuedAt.toISOString() },
  { title: "until", value: (row) => row.notAfter.toISOString() },
  { title: "from", value: (row) => row.peer },
  { title: "revoked by", value: (row) => row.revokedBy ?? "" },
];

interface DumpOptions {
  readonly resource?: string;
  readonly name?: string;
  readonly eds?: boolean;
}

/** node: drain, resume, log-level, dump, diff, orders, remove, certificates, revoke. */
export function addNodeCommands({ call, command, output, print, surroundings }: CommandKit): void {
  const node = command("node", "ask a node for something; returns when the node has said that it is done");
  const done = async (ask: (client: ApiClient) => Promise<NodeOrder>): Promise<void> => {
    const order = await call((client) => askAndWait(client, ask));
    print(order, ORDER_COLUMNS, [order]);
  };

  command(
    "drain <node>",
    "let a node's traffic go elsewhere: health checks fail, connections end as their requests do",
    node,
  )
    .option(
      "--close-listeners",
      "close its listeners as well after the drain time: only a restart opens them again",
    )
    .action(async (id: string, { closeListeners }: { closeListeners?: boolean }) => {
      await done((client) => client.node.drain.mutate({ id, closeListeners }));
    });

  command("resume <node>", "let a node that drains take traffic again", node).action(async (id: string) => {
    await done((client) => client.node.resume.mutate({ id }));
  });

  command("log-level <node> <level>", `set a node's log level: ${NODE_LOG_LEVELS.join(", ")}`, node).action(
    async (id: string, text: string) => {
      const level = NODE_LOG_LEVELS.find((known) => known === text);
      if (level === undefined)
        throw new CliError(`'${text}' is no log level: use ${NODE_LOG_LEVELS.join(", ")}`, 2);
      await done((client) => client.node.setLogLevel.mutate({ id, level }));
    },
  );

  command(
    "dump <node>",
    "print a node's configuration as it runs it, secrets redacted: YAML, or JSON with -o json",
    node,
  )
    .option("--resource <list>", "one list of the dump, like dynamic_listeners or dynamic_active_clusters")
    .option("--name <regexp>", "only what has such a name (RE2)")
    .option("--eds", "with the endpoints that EDS has sent")
    .action(async (id: string, { resource, name, eds }: DumpOptions) => {
      const dump = await call(async (client) => {
        // The server says which there are.
        const input = {
          id,
          resource: resource as DumpResource | undefined,
          nameRegex: name,
          includeEds: eds,
        };
        const order = await askAndWait(client, () => client.node.dump.mutate(input));
        return await client.node.dumpContent.query({ order: order.id });
      });
      const format = output();
      surroundings.write(formatValue(format === "table" ? "yaml" : format, dump));
    });

  command(
    "diff <node> [version]",
    "what a node really has against a version or tag (default: the one that it should run); values of secrets are not compared; exit code 1 when something differs",
    node,
  ).action(async (id: string, text: string | undefined) => {
    const compared = await call(async (client) => {
      const version = text === undefined ? await targetOf(client, id) : await resolveVersion(client, text);
      const order = await askAndWait(client, () => client.node.compare.mutate({ id, version }));
      return await client.node.comparison.query({ order: order.id });
    });
    const format = output();
    if (format !== "table") surroundings.write(formatValue(format, compared));
    else {
      surroundings.write(renderDiff(compared.differences));
      if (compared.source === "control_plane")
        surroundings.warn("a stock Envoy cannot be asked: this is what it was sent and acknowledged\n");
    }
    const { length } = compared.differences;
    const what = length === 1 ? "one resource" : `${length} resources`;
    if (length > 0) throw new CliError(`${id} differs from version ${compared.version} in ${what}`);
  });

  command(
    "remove <node>",
    "forget a node that is gone, with its labels; refused while it is connected",
    node,
  ).action(async (id: string) => {
    await call((client) => client.node.remove.mutate({ id }));
    const removed = { removed: id };
    print(removed, [{ title: "removed", value: (row: typeof removed) => row.removed }], [removed]);
  });

  command(
    "certificates [node]",
    "the newest certificate of each node that joined, or all of one",
    node,
  ).action(async (id: string | undefined) => {
    const input = id === undefined ? {} : { node: id };
    const rows = await call((client) => client.join.certificates.query(input));
    print(rows, CERTIFICATE_COLUMNS, rows);
  });

  command(
    "revoke <node>",
    "let a node connect no more, with no certificate that it has (admin): it has to join again",
    node,
  ).action(async (id: string) => {
    await call((client) => client.join.revokeNode.mutate({ node: id }));
    const revoked = { revoked: id };
    print(revoked, [{ title: "revoked", value: (row: typeof revoked) => row.revoked }], [revoked]);
  });

  command("orders <node>", "what a node was asked, newest first", node).action(async (id: string) => {
    const orders = await call((client) => client.node.orders.query({ id }));
    print(orders, ORDER_COLUMNS, orders);
  });
}

async function targetOf(client: ApiClient, id: string): Promise<number> {
  const { targetVersion } = await client.node.get.query({ id });
  if (targetVersion === undefined) throw new CliError(`nothing is published for the node '${id}'`);
  return targetVersion;
}
