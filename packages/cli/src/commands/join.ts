import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join as joinPath, resolve } from "node:path";
import { renderBootstrap } from "@sluice/control/bootstrap";
import type { NodeCredentials } from "@sluice/join";
import { CliError } from "../cli-error.ts";

export interface JoinOptions {
  readonly envoy?: boolean;
  readonly id?: string;
  readonly cluster: string;
  readonly control: string;
  readonly adminPort: string;
  readonly label?: readonly string[];
  readonly server?: string;
  readonly token?: string;
  readonly tokenStdin?: boolean;
  readonly out?: string;
}

/** The bootstrap of a new node on this machine, which comes in plain text, as YAML. */
export function plainBootstrap(options: JoinOptions): string {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(options.control);
  const controlPort = Number(match?.[3]);
  if (match === null || controlPort < 1 || controlPort > 65_535) {
    throw new CliError(`--control ${options.control}: use host:port, like 10.0.0.5:18000`, 2);
  }
  const labels: Record<string, string> = {};
  for (const label of options.label ?? []) {
    const equals = label.indexOf("=");
    if (equals < 1) throw new CliError(`--label ${label}: use key=value`, 2);
    labels[label.slice(0, equals)] = label.slice(equals + 1);
  }
  const product = options.envoy ? "envoy" : "sluice";
  return renderBootstrap({
    product,
    nodeId: options.id ?? `${product}-${randomBytes(3).toString("hex")}`,
    nodeCluster: options.cluster,
    controlHost: match[1] ?? match[2] ?? "",
    controlPort,
    adminPort: portOf(options.adminPort),
    labels,
  });
}

export interface Joined {
  readonly node: string;
  readonly directory: string;
  readonly bootstrap: string;
  readonly notAfter: Date;
  /** What to start. */
  readonly start: string;
}

/** Exchanges a token for a certificate and writes everything that the node needs into a directory. */
export async function joinNode(options: JoinOptions, readToken: () => Promise<string>): Promise<Joined> {
  const { server, out } = options;
  if (server === undefined || out === undefined)
    throw new CliError("--token needs --server https://host:18000 and --out DIR", 2);
  if (options.label !== undefined)
    throw new CliError("--label: a node that joins gets the labels of its token", 2);
  const adminPort = portOf(options.adminPort);
  const directory = resolve(out);
  // Before the token is spent: what cannot be stored should not be asked for.
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CliError(`--out ${out}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { controlUrl, joinControlPlane, replaceFile, validityOf, writeJoinDirectory } = await import(
    "@sluice/join"
  );
  const { certificateIdentity } = await import("@sluice/join/certificates");
  const token = options.token ?? (await readToken());
  const credentials = await inWords(() => joinControlPlane({ server, token, node: options.id }));
  writeJoinDirectory(directory, credentials);
  const identity = certificateIdentity(credentials.certificatePem);
  if (identity === undefined) throw new CliError("the certificate names no node");
  const url = controlUrl(server);
  const product = options.envoy ? "envoy" : "sluice";
  const bootstrap = joinPath(directory, "bootstrap.yaml");
  const yaml = renderBootstrap({
    product,
    nodeId: identity.nodeId,
    nodeCluster: options.cluster,
    controlHost: url.hostname.replace(/^\[|\]$/g, ""),
    controlPort: url.port === "" ? 443 : Number(url.port),
    adminPort,
    labels: identity.labels,
    joinDirectory: directory,
  });
  replaceFile(bootstrap, yaml, 0o644);
  return {
    node: identity.nodeId,
    directory,
    bootstrap,
    notAfter: validityOf(credentials.certificatePem).notAfter,
    start:
      product === "envoy"
        ? `envoy -c ${bootstrap}`
        : `npm run -s proxy -- -c ${bootstrap} --join-dir ${directory}`,
  };
}

/** Renews what `joinNode` wrote, when it is due or when told to. */
export async function renewNode(directory: string, force: boolean) {
  const { renewDirectory } = await import("@sluice/join");
  const found = await inWords(() => renewDirectory(resolve(directory), { now: new Date(), force }));
  return { directory: resolve(directory), ...found };
}

async function inWords<T extends NodeCredentials | object>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === "JoinError") throw new CliError(error.message);
    throw error;
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new CliError(`--admin-port ${text}: use a number from 0 to 65535`, 2);
  return port;
}
