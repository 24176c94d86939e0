import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const DEADLINE_MS = 60_000;

/** Polls until `probe` gives something; throws with `what` and `state` after 60 s (machines that run all suites at once are slow). */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  state?: () => string,
): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`in vain: ${what}\n${state?.() ?? ""}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A real proxy process; its admin and listeners have ports of the system's choice. */
export class ProxyProcess {
  readonly directory = mkdtempSync(join(tmpdir(), "sluice-proxy-test-"));
  readonly child: ChildProcess;
  output = "";
  #admin = "";
  readonly exited: Promise<number | null>;

  constructor(yaml: string, flags: readonly string[] = [], directory?: string) {
    const config = join(this.directory, "bootstrap.yaml");
    writeFileSync(config, yaml);
    const state = directory === undefined ? [] : ["--state-dir", directory];
    this.child = spawn(
      process.execPath,
      [
        MAIN,
        "-c",
        config,
        "--concurrency",
        "2",
        "--admin-address-path",
        join(this.directory, "admin"),
        ...state,
        ...flags,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString();
      this.#admin ||= /admin address: (\S+)/.exec(this.output)?.[1] ?? "";
    };
    this.child.stdout?.on("data", collect);
    this.child.stderr?.on("data", collect);
    this.exited = new Promise((resolve) => this.child.on("close", (code) => resolve(code)));
  }

  async admin(
    path: string,
    method = "GET",
  ): Promise<{ readonly status: number; readonly body: string; readonly type: string }> {
    const address = await eventually(
      "an admin address",
      () => this.#admin || undefined,
      () => this.output,
    );
    const response = await fetch(`http://${address}${path}`, { method });
    return {
      status: response.status,
      body: await response.text(),
      type: response.headers.get("content-type") ?? "",
    };
  }

  /** Until `/ready` says LIVE. */
  async live(): Promise<void> {
    await eventually(
      "LIVE",
      async () => {
        if (this.child.exitCode !== null) throw new Error(`the proxy ended: ${this.output}`);
        const ready = this.#admin === "" ? undefined : await this.admin("/ready").catch(() => undefined);
        return ready?.status === 200 ? true : undefined;
      },
      () => this.output,
    );
  }

  async stat(name: string): Promise<number> {
    const { body } = await this.admin(`/stats?filter=^${name.replaceAll(".", "\\.")}$`);
    return Number(/: (\S+)/.exec(body)?.[1] ?? Number.NaN);
  }

  /** The port of a listener in service. */
  listenerPort(name: string): Promise<number> {
    return eventually(
      `listener ${name}`,
      async () => {
        const { body } = await this.admin("/listeners");
        const port = new RegExp(`^${name}::.*:([0-9]+)$`, "m").exec(body)?.[1];
        return port === undefined ? undefined : Number(port);
      },
      () => this.output,
    );
  }

  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    if (this.child.exitCode === null) this.child.kill(signal);
    const code = await this.exited;
    rmSync(this.directory, { recursive: true, force: true });
    return code;
  }
}

/** An HTTP server that answers every request with its own name. */
export async function startUpstream(
  name: string,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((_request, response) => response.end(name));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: portOf(server.address()),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function portOf(address: AddressInfo | string | null): number {
  if (typeof address !== "object" || address === null) throw new Error("not listening on a port");
  return address.port;
}

/** Text of a listener on a port of the system's choice; `routes` is YAML of the connection manager's route specifier. */
export function listenerYaml(name: string, routes: string, more = ""): string {
  return `
name: ${name}
address: {socket_address: {address: 127.0.0.1, port_value: 0}}
filter_chains:
- filters:
  - name: envoy.filters.network.http_connection_manager
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
      stat_prefix: ingress
      ${routes}
      ${more}
      http_filters:
      - name: envoy.filters.http.router
        typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
`;
}

/** One static endpoint. */
export function clusterYaml(name: string, port: number): string {
  return `{name: ${name}, connect_timeout: 1s, load_assignment: {cluster_name: ${name}, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}}}]}]}}`;
}

export function routesYaml(name: string, cluster: string): string {
  return `{name: ${name}, virtual_hosts: [{name: all, domains: ["*"], routes: [{name: main, match: {prefix: /}, route: {cluster: ${cluster}}}]}]}`;
}
