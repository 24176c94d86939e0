import type { DiffSource } from "@sluice/config";
import { type ApiClient, describeFailure } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { askAndWait } from "./commands/ask-node.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { resolveVersion } from "./resolve-version.ts";

type Side = DiffSource | { readonly asked: string };

/**
 * The two sides of `diff`: `draft`, `live`, `acknowledged:ID`, a version's number or a tag, or `node:ID`. Such a node is asked for what
 * it has, held against the other side where that is a version, else against the version that the node should run.
 */
export async function diffSources(
  client: ApiClient,
  a: string,
  b: string,
  warn: (text: string) => void,
): Promise<{ readonly before: DiffSource; readonly after: DiffSource }> {
  const before = await read(client, a);
  const after = await read(client, b);
  return {
    before: await ask(client, before, after, warn),
    after: await ask(client, after, before, warn),
  };
}

async function read(client: ApiClient, text: string): Promise<Side> {
  if (text === "draft" || text === "live") return text;
  if (text.startsWith("node:")) return { asked: text.slice("node:".length) };
  if (text.startsWith("acknowledged:")) return { node: text.slice("acknowledged:".length) };
  return await resolveVersion(client, text);
}

async function ask(
  client: ApiClient,
  side: Side,
  other: Side,
  warn: (text: string) => void,
): Promise<DiffSource> {
  if (typeof side !== "object" || !("asked" in side)) return side;
  const { asked: id } = side;
  const version = typeof other === "number" ? other : await versionOf(client, id);
  try {
    const { id: order } = await askAndWait(client, () => client.node.compare.mutate({ id, version }));
    const { source } = await client.node.comparison.query({ order });
    if (source === "control_plane")
      warn(`'${id}' takes no orders, as any stock Envoy: this is what the control plane has sent it\n`);
    return { order };
  } catch (error) {
    const { message, exitCode } = describeFailure(error, "the server");
    if (exitCode === EXIT_CODES.unreachable.code || exitCode === EXIT_CODES.forbidden.code) throw error;
    const known = `\`acknowledged:${id}\` stands for what it accepted last`;
    throw new CliError(`what '${id}' has is not known: ${message}\n${known}`, exitCode);
  }
}

async function versionOf(client: ApiClient, id: string): Promise<number> {
  const { targetVersion } = await client.node.get.query({ id });
  if (targetVersion === undefined) throw new CliError(`nothing is published for the node '${id}'`);
  return targetVersion;
}
