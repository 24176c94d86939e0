import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, startProcess, type TestCertificate, TestCertificates, waitFor } from "@sluice/harness";
import { startZone } from "./start-zone.ts";

const VERSION = "v2.8.0";

export const pebbleMissing: string | false =
  spawnSync("go", ["version"]).status === 0 ? false : "Go is not installed";

/** Builds what a test needs of it; a text says why it cannot be had here (no Go, or its modules cannot be downloaded). */
export async function pebbleUnavailable(): Promise<string | false> {
  if (pebbleMissing !== false) return pebbleMissing;
  try {
    await buildPebbleTool("pebble");
    await buildPebbleTool("pebble-challtestsrv");
    return false;
  } catch (error) {
    return `Pebble cannot be built: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`;
  }
}

export interface Pebble {
  readonly directoryUrl: string;
  /** PEM: what its own certificate is under. */
  readonly trust: string;
  output(): string;
  close(): Promise<void>;
}

/** Let's Encrypt's small ACME server for tests. It asks hosts at `httpPort` or `tlsPort`, and finds every name at `addressOf(name)`. */
export async function startPebble(options: {
  readonly httpPort?: number;
  readonly tlsPort?: number;
  readonly addressOf: (name: string) => string;
  /** `address:port`, asked instead of `addressOf`. */
  readonly dnsServer?: string;
  /** Wants an external account binding: key by key id. */
  readonly bindings?: Readonly<Record<string, string>>;
}): Promise<Pebble> {
  const binary = await buildPebbleTool("pebble");
  const certificates = new TestCertificates();
  const root = certificates.create("pebble-root", { ca: true });
  const own: TestCertificate = certificates.create("pebble", {
    names: "DNS:localhost,IP:127.0.0.1",
    issuer: root,
  });
  const { addressOf } = options;
  const dns = await startZone((name, type) => (type === "A" ? [addressOf(name)] : []));
  const [port, management] = [await freePort(), await freePort()];
  const config = join(certificates.directory, "pebble.json");
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: own.certificatePath,
    privateKey: own.keyPath,
    httpPort: options.httpPort ?? 1,
    tlsPort: options.tlsPort ?? 1,
    externalAccountBindingRequired: options.bindings !== undefined,
    externalAccountMACKeys: options.bindings ?? {},
  };
  writeFileSync(config, JSON.stringify({ pebble }));
  const running = await startProcess(
    binary,
    ["-config", config, "-dnsserver", options.dnsServer ?? `127.0.0.1:${dns.port}`],
    {
      env: { PEBBLE_VA_NOSLEEP: "1", PEBBLE_AUTHZREUSE: "0" },
    },
  );
  await waitFor("Pebble to listen", () => {
    if (running.exit() !== undefined) throw new Error(running.output());
    return running.output().includes("ACME directory available");
  });
  return {
    directoryUrl: `https://127.0.0.1:${port}/dir`,
    trust: root.certificate,
    output: () => running.output(),
    async close() {
      await running.stop();
      dns.close();
      certificates.remove();
    },
  };
}

/** Once for a machine: it takes up to a minute to compile. */
export async function buildPebbleTool(name: "pebble" | "pebble-challtestsrv"): Promise<string> {
  const directory = join(tmpdir(), `sluice-pebble-${VERSION}`);
  const binary = join(directory, name);
  if (existsSync(binary)) return binary;
  const fresh = `${directory}-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const module = `github.com/letsencrypt/pebble/v2/cmd/${name}@${VERSION}`;
  await promisify(execFile)("go", ["install", module], { env: { ...process.env, GOBIN: fresh } });
  mkdirSync(directory, { recursive: true });
  renameSync(join(fresh, name), binary);
  return binary;
}
