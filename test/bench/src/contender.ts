import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  connectRaw,
  freePort,
  installedEnvoy,
  type RunningProcess,
  requestOnce,
  startEnvoy,
  startProcess,
  startSluiceProxy,
  waitFor,
} from "@sluice/harness";
import { envoyConfig } from "./envoy-config.ts";

/** A proxy under load: one worker on one CPU, plain HTTP/1.1 from a port of its own to one upstream. */
export interface Contender {
  /** Of a checkout: its directory's. */
  readonly name: string;
  readonly version: string;
  readonly port: number;
  readonly process: RunningProcess;
  stop(): Promise<void>;
}

export type ContenderName = "envoy" | "sluice" | "nginx" | "haproxy";

export interface ContenderOptions {
  readonly upstreamPort: number;
  readonly cpu: number;
  /** Of Envoy and Sluice; default: HTTP connection manager and router, stats on, no access log. */
  readonly yaml?: string;
}

/** Those that are installed, Envoy first: it is what the others are compared with. */
export function installedContenders(): ContenderName[] {
  const names: ContenderName[] = [];
  if (installedEnvoy() !== undefined) names.push("envoy");
  names.push("sluice");
  if (hasProgram("nginx", ["-v"])) names.push("nginx");
  if (hasProgram("haproxy", ["-v"])) names.push("haproxy");
  return names;
}

function hasProgram(command: string, args: string[]): boolean {
  return spawnSync(command, args).error === undefined;
}

function versionOf(command: string, args: string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return /\d+\.\d+\.\d+/.exec(`${stdout}${stderr}`)?.[0] ?? "unknown";
}

export async function startContender(name: ContenderName, options: ContenderOptions): Promise<Contender> {
  switch (name) {
    case "envoy":
    case "sluice":
      return startEnvoyLike(name, options);
    case "nginx":
      return startServer(name, versionOf("nginx", ["-v"]), nginxProxy(options.upstreamPort), options);
    case "haproxy":
      return startServer(name, versionOf("haproxy", ["-v"]), haproxyProxy(options.upstreamPort), options);
  }
}

/** The Sluice of another checkout, whose bundle must have been made. */
export async function startCheckout(root: string, options: ContenderOptions): Promise<Contender> {
  return { ...(await startEnvoyLike("sluice", options, root)), name: basename(root) };
}

async function startEnvoyLike(
  name: "envoy" | "sluice",
  { upstreamPort, cpu, yaml = envoyConfig({ upstreamPort }) }: ContenderOptions,
  root?: string,
): Promise<Contender> {
  const start = name === "envoy" ? startEnvoy : startSluiceProxy;
  const proxy = await start({ yaml, concurrency: 1, cpu, ...(root === undefined ? {} : { root }) });
  return {
    name,
    version: name === "envoy" ? (installedEnvoy() ?? "unknown") : `node ${process.versions.node}`,
    port: await proxy.listenerPort("main"),
    process: proxy.process,
    stop: () => proxy.close(),
  };
}

interface ServerSetup {
  readonly command: string;
  args(configFile: string): string[];
  config(port: number, dir: string): string;
}

function nginxConfig(dir: string, http: string): string {
  return `
worker_processes 1;
daemon off;
master_process off;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
${http}
}`;
}

function nginxProxy(upstreamPort: number): ServerSetup {
  return {
    command: "nginx",
    args: (file) => ["-c", file],
    config: (port, dir) =>
      nginxConfig(
        dir,
        `  upstream u { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; } }`,
      ),
  };
}

function haproxyProxy(upstreamPort: number): ServerSetup {
  return {
    command: "haproxy",
    args: (file) => ["-db", "-f", file],
    config: (port) => `
global
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  server u 127.0.0.1:${upstreamPort}
`,
  };
}

/** `small`: 23 octets; `large`: a file of 1 MiB; `http2`: small, over HTTP/2 by prior knowledge. */
export type UpstreamKind = "small" | "large" | "http2";

/** The upstream that all share: nginx answering from its configuration. */
export async function startBenchUpstream(
  kind: UpstreamKind,
  cpu: number,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  if (!hasProgram("nginx", ["-v"]))
    throw new Error("the benchmark's upstream is nginx, and there is none on the PATH: install it");
  const setup: ServerSetup = {
    command: "nginx",
    args: (file) => ["-c", file],
    config: (port, dir) =>
      nginxConfig(
        dir,
        `  client_max_body_size 0;
  server { listen 127.0.0.1:${port}${kind === "http2" ? " http2" : ""} backlog=4096; ${upstreamLocation(kind, dir)} }`,
      ),
  };
  return startServer("nginx", "", setup, { upstreamPort: 0, cpu }, kind === "http2");
}

function upstreamLocation(kind: UpstreamKind, dir: string): string {
  if (kind !== "large")
    return `location / { default_type text/plain; return 200 "hello, this is upstream"; }`;
  writeFileSync(join(dir, "large"), Buffer.alloc(1024 * 1024, "large "));
  return `location / { root ${dir}; try_files /large =404; }`;
}

async function startServer(
  name: ContenderName,
  version: string,
  setup: ServerSetup,
  { cpu }: ContenderOptions,
  onlyConnects = false,
): Promise<Contender> {
  const dir = mkdtempSync(join(tmpdir(), `sluice-bench-${name}-`));
  const port = await freePort();
  const file = join(dir, "config");
  writeFileSync(file, setup.config(port, dir));
  const running = await startProcess("taskset", ["-c", String(cpu), setup.command, ...setup.args(file)]);
  const stop = async () => {
    await running.stop("SIGTERM");
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await waitFor(`${name} to answer`, async () => {
      if (running.exit() !== undefined) return true;
      if (onlyConnects) (await connectRaw(port)).destroy();
      else await requestOnce(port);
      return true;
    });
    if (running.exit() !== undefined) throw new Error(`${name} ended at once: ${running.output()}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { name, version, port, process: running, stop };
}

/** Resident memory in MiB; `undefined` where /proc does not tell. */
export function residentMib(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}

/** CPU time of a process's threads so far, in µs; `NaN` where /proc does not tell. Of threads that have ended nothing is left. */
export function cpuTimeUs(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
      const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
      return sum + Number(nanoseconds) / 1000;
    }, 0);
  } catch {
    return Number.NaN;
  }
}
