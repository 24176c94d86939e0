import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunningProcess, startProcess } from "./start-process.ts";
import { waitFor } from "./wait-for.ts";

/** A running proxy, Sluice or Envoy: both have the same flags and the same admin interface. */
export interface RunningProxy {
  readonly kind: "sluice" | "envoy";
  readonly process: RunningProcess;
  /** Its own temporary directory, deleted on close. */
  readonly dir: string;
  /** `http://127.0.0.1:port` of the admin interface. */
  readonly adminUrl: string;
  /** Asks the admin interface; rejects unless the answer is 200. */
  admin(path: string, method?: string): Promise<string>;
  /** The port that the listener of this name got (it may have asked for 0). */
  listenerPort(name: string): Promise<number>;
  /** Counters and gauges by name; `filter` is a regular expression on names. */
  stats(filter?: string): Promise<ReadonlyMap<string, number>>;
  /** SIGTERM, SIGKILL after 10 s; waits for the end and deletes `dir`. */
  close(): Promise<void>;
}

export interface StartProxyOptions {
  /** Bootstrap without `admin`: it gets one on a free port. `{{dir}}` stands for the proxy's temporary directory. */
  readonly yaml: string;
  /** Worker threads, default 1. */
  readonly concurrency?: number;
  /** Further flags. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** CPU to pin it to, by `taskset`. */
  readonly cpu?: number;
  /** Files to put into `dir` before it starts, by name. `{{dir}}` is replaced in them too. */
  readonly files?: Readonly<Record<string, string>>;
  /** The checkout whose Sluice is started, as an absolute path; default: this one. */
  readonly root?: string;
  /** How long it may take to become ready, default 60 s: a busy machine is slow. */
  readonly readyMs?: number;
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const ADMIN = "\nadmin:\n  address:\n    socket_address: { address: 127.0.0.1, port_value: 0 }\n";

let envoyVersion: string | undefined | null = null;

/** `1.40.0`; `undefined` when there is no stock Envoy on the PATH. */
export function installedEnvoy(): string | undefined {
  if (envoyVersion === null) {
    const { stdout } = spawnSync("envoy", ["--version"], { encoding: "utf8", timeout: 20_000 });
    envoyVersion = /version: [0-9a-f]+\/(\d+\.\d+\.\d+)/.exec(stdout ?? "")?.[1];
  }
  return envoyVersion;
}

/** Starts the stock Envoy of the PATH and waits until it is ready. */
export function startEnvoy(options: StartProxyOptions): Promise<RunningProxy> {
  return startProxy("envoy", options, ["envoy"], ["--disable-hot-restart", "-l", "warning"]);
}

/** Starts apps/proxy with the same Node that runs the test, and waits until it is ready. */
export function startSluiceProxy(options: StartProxyOptions): Promise<RunningProxy> {
  const baseId = String(1 + Math.floor(Math.random() * 900_000_000));
  return startProxy(
    "sluice",
    options,
    [process.execPath, join(options.root ?? ROOT, "apps/proxy/src/main.ts")],
    ["--base-id", baseId],
  );
}

async function startProxy(
  kind: "sluice" | "envoy",
  options: StartProxyOptions,
  command: readonly string[],
  flags: readonly string[],
): Promise<RunningProxy> {
  const dir = mkdtempSync(join(tmpdir(), `sluice-${kind}-`));
  const place = (text: string) => text.replaceAll("{{dir}}", dir);
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(dir, name), place(text));
  const config = join(dir, "bootstrap.yaml");
  const addressFile = join(dir, "admin-address");
  writeFileSync(config, place(options.yaml) + ADMIN);
  const pinned = options.cpu === undefined ? [] : ["taskset", "-c", String(options.cpu)];
  const [file = "", ...args] = [
    ...pinned,
    ...command,
    "-c",
    config,
    "--concurrency",
    String(options.concurrency ?? 1),
    "--admin-address-path",
    addressFile,
    ...flags,
    ...(options.args ?? []),
  ];
  const running = await startProcess(file, args, { cwd: ROOT, ...(options.env ? { env: options.env } : {}) });
  const close = async () => {
    await running.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const adminUrl = await ready(kind, running, addressFile, options.readyMs ?? 60_000);
    const admin = (path: string, method = "GET") => ask(adminUrl + path, method);
    return {
      kind,
      process: running,
      dir,
      adminUrl,
      admin,
      listenerPort: (name) => listenerPort(admin, name),
      stats: (filter) => readStats(admin, filter),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function ready(
  kind: string,
  running: RunningProcess,
  addressFile: string,
  deadlineMs: number,
): Promise<string> {
  return waitFor(
    `${kind} to be ready`,
    async () => {
      if (running.exit() !== undefined) return "";
      const url = `http://${readFileSync(addressFile, "utf8").trim()}`;
      await ask(`${url}/ready`, "GET");
      return url;
    },
    { deadlineMs },
  ).then(
    (url) => {
      if (url === "") throw new Error(`${kind} ended with ${running.exit()}:\n${running.output()}`);
      return url;
    },
    (error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${running.output()}`);
    },
  );
}

function ask(url: string, method: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent: false, timeout: 10_000 }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${method} ${url}: ${response.statusCode} ${text.slice(0, 500)}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`${method} ${url}: no answer in 10 s`)));
    asked.on("error", reject);
    asked.end();
  });
}

type Admin = (path: string) => Promise<string>;

async function listenerPort(admin: Admin, name: string): Promise<number> {
  return waitFor(`listener ${name}`, async () => {
    const text = await admin("/listeners?format=json");
    for (const status of listOf(JSON.parse(text), "listener_statuses")) {
      if (field(status, "name") !== name) continue;
      const port = field(field(field(status, "local_address"), "socket_address"), "port_value");
      if (typeof port === "number" && port > 0) return port;
    }
    return undefined;
  });
}

async function readStats(admin: Admin, filter?: string): Promise<ReadonlyMap<string, number>> {
  const query = filter === undefined ? "" : `&filter=${encodeURIComponent(filter)}`;
  const text = await admin(`/stats?format=json${query}`);
  const stats = new Map<string, number>();
  for (const stat of listOf(JSON.parse(text), "stats")) {
    const [name, value] = [field(stat, "name"), field(stat, "value")];
    if (typeof name === "string" && typeof value === "number") stats.set(name, value);
  }
  return stats;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function listOf(value: unknown, name: string): unknown[] {
  const list = field(value, name);
  return Array.isArray(list) ? list : [];
}
