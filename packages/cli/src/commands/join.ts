import { randomBytes } from "node:crypto";
import { renderBootstrap } from "@sluice/control/bootstrap";
import { CliError } from "../cli-error.ts";

interface JoinOptions {
  readonly envoy?: boolean;
  readonly id?: string;
  readonly cluster: string;
  readonly control: string;
  readonly adminPort: string;
  readonly label?: readonly string[];
}

/** The bootstrap of a new node, as YAML. */
export function join(options: JoinOptions): string {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(options.control);
  const controlPort = Number(match?.[3]);
  if (match === null || controlPort < 1 || controlPort > 65_535) {
    throw new CliError(`--control ${options.control}: use host:port, like 10.0.0.5:18000`, 2);
  }
  const adminPort = Number(options.adminPort);
  if (!Number.isInteger(adminPort) || adminPort < 0 || adminPort > 65_535) {
    throw new CliError(`--admin-port ${options.adminPort}: use a number from 0 to 65535`, 2);
  }
  const product = options.envoy ? "envoy" : "sluice";
  const labels: Record<string, string> = {};
  for (const label of options.label ?? []) {
    const equals = label.indexOf("=");
    if (equals < 1) throw new CliError(`--label ${label}: use key=value`, 2);
    labels[label.slice(0, equals)] = label.slice(equals + 1);
  }
  return renderBootstrap({
    product,
    nodeId: options.id ?? `${product}-${randomBytes(3).toString("hex")}`,
    nodeCluster: options.cluster,
    controlHost: match[1] ?? match[2] ?? "",
    controlPort,
    adminPort,
    labels,
  });
}
