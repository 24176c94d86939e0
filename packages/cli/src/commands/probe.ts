import type { ProbeInput } from "@sluice/config";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { collect, durationOf } from "../read-option.ts";

export interface ProbeOptions {
  /** `--no-probe`: false. */
  readonly probe?: string | false;
  readonly probeListener?: string;
  readonly probeHeader?: readonly string[];
  readonly probeStatus?: string;
  readonly probeBody?: string;
  readonly probeTimeout?: string;
  readonly probeAttempts?: string;
  readonly probeAddress?: readonly string[];
}

/** The options of a synthetic request. */
export function withProbe(command: Command): Command {
  return command
    .option(
      "--probe <request>",
      "a request that every node must answer before a step is done: 'GET http://shop.example/health'",
    )
    .option("--no-probe", "send no synthetic request, though the group has one")
    .option("--probe-listener <name>", "the listener on the node that gets it")
    .option("--probe-header <header>", "'name: value'; may be repeated", collect, [])
    .option("--probe-status <statuses>", "what it must answer, like 200,204 (default: 200)")
    .option("--probe-body <text>", "what the body must contain")
    .option("--probe-timeout <time>", "how long the answer may take (default: 5s)")
    .option("--probe-attempts <n>", "failures in a row that fail a node (default: 3)")
    .option(
      "--probe-address <node=host:port>",
      "where a node that takes no orders (a stock Envoy) is reached; may be repeated",
      collect,
      [],
    );
}

/** Null: none; undefined: nothing was said of it. Wrong usage is refused. */
export function probeOf(options: ProbeOptions): ProbeInput | null | undefined {
  const { probe, probeListener, probeStatus, probeBody, probeTimeout, probeAttempts } = options;
  if (probe === false) return null;
  if (typeof probe !== "string") {
    const more = Object.entries(options).some(
      ([name, value]) =>
        name.startsWith("probe") && value !== undefined && !(Array.isArray(value) && value.length === 0),
    );
    if (more) throw new CliError("--probe says which request is sent: it is missing", 2);
    return undefined;
  }
  if (probeListener === undefined)
    throw new CliError("--probe-listener is missing: the name of the listener that gets the request", 2);
  const [first = "", second] = probe.trim().split(/\s+/);
  return {
    listener: probeListener,
    method: second === undefined ? "GET" : first,
    url: second ?? first,
    headers: (options.probeHeader ?? []).map(headerOf),
    addresses: Object.fromEntries((options.probeAddress ?? []).map(addressOf)),
    ...(probeStatus === undefined ? {} : { statuses: probeStatus.split(",").map(Number) }),
    ...(probeBody === undefined ? {} : { bodyContains: probeBody }),
    ...(probeTimeout === undefined ? {} : { timeoutMs: durationOf("--probe-timeout", probeTimeout) }),
    ...(probeAttempts === undefined ? {} : { attempts: Number(probeAttempts) }),
  };
}

function headerOf(text: string): { readonly name: string; readonly value: string } {
  const colon = text.indexOf(":");
  if (colon < 1) throw new CliError(`--probe-header '${text}': write it as 'name: value'`, 2);
  return { name: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() };
}

function addressOf(text: string): readonly [string, string] {
  const equals = text.lastIndexOf("=");
  if (equals < 1) throw new CliError(`--probe-address '${text}': write it as node=host:port`, 2);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
