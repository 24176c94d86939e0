import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "@sluice/harness";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Appliance {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  readonly dataDir: string;
  readonly xdsPort: number;
  readonly nodeAdminPort: number;
  /** Everything printed so far. */
  output(): string;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** kill -9, of the appliance alone. */
  kill(): Promise<void>;
  readonly process: ChildProcess;
}

export interface ApplianceOptions {
  /** Kept by the caller when given, else made fresh and removed by `stop`. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Until the line that says `ready`; default 180 s. */
  readonly deadlineMs?: number;
}

/** A fresh directory that user postgres can walk into, also when the tests run as root. */
export function freshDataDir(): string {
  const dir = mkdtempSync(join("/tmp", "sluice-e2e-"));
  chmodSync(dir, 0o755);
  return dir;
}

const PASSWORD = "e2e-password-7431";

/** Runs the appliance as `npm start` does, on ports of its own; rejects with its output when it does not get ready. */
export async function startAppliance(options: ApplianceOptions = {}): Promise<Appliance> {
  const dataDir = options.dataDir ?? freshDataDir();
  const [port = 0, xdsPort = 0, healthPort = 0, nodeAdminPort = 0] = await freePorts(4);
  const child = spawn(process.execPath, [join(root, "infra/appliance/src/main.ts")], {
    cwd: root,
    env: {
      ...process.env,
      SLUICE_DATA_DIR: dataDir,
      PORT: String(port),
      SLUICE_XDS_PORT: String(xdsPort),
      SLUICE_CONTROL_HEALTH_PORT: String(healthPort),
      SLUICE_NODE_ADMIN_PORT: String(nodeAdminPort),
      SLUICE_ADMIN_PASSWORD: PASSWORD,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const closed = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGTERM");
      reject(new Error(`the appliance was not ready in time:\n${output}`));
    }, options.deadlineMs ?? 180_000);
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes("sluice: nodes join at")) {
        clearTimeout(timer);
        resolve();
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("close", (code) => {
      clearTimeout(timer);
      reject(new Error(`the appliance ended with exit code ${code}:\n${output}`));
    });
  });
  return {
    url: `http://localhost:${port}`,
    email: "admin@sluice.local",
    password: PASSWORD,
    dataDir,
    xdsPort,
    nodeAdminPort,
    process: child,
    output: () => output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
      const code = await closed;
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
      return code;
    },
    async kill() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

/** Runs the appliance until it ends by itself; for starts that must fail. */
export async function runApplianceToEnd(
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(root, "infra/appliance/src/main.ts")], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { code, output };
}
