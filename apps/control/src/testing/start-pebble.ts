import { execFile, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, startProcess, type TestCertificate, TestCertificates, waitFor } from "@sluice/harness";

const VERSION = "v2.8.0";

export const pebbleMissing: string | false =
  spawnSync("go", ["version"]).status === 0 ? false : "Go is not installed";

export interface Pebble {
  readonly directoryUrl: string;
  /** PEM: what its own certificate is under. */
  readonly trust: string;
  output(): string;
  close(): Promise<void>;
}

/** Let's Encrypt's small ACME server for tests. It asks hosts at `httpPort`, and finds every name at `addressOf(name)`. */
export async function startPebble(options: {
  readonly httpPort: number;
  readonly addressOf: (name: string) => string;
  /** Wants an external account binding: key by key id. */
  readonly bindings?: Readonly<Record<string, string>>;
}): Promise<Pebble> {
  const binary = await buildPebble();
  const certificates = new TestCertificates();
  const root = certificates.create("pebble-root", { ca: true });
  const own: TestCertificate = certificates.create("pebble", {
    names: "DNS:localhost,IP:127.0.0.1",
    issuer: root,
  });
  const dns = await startDns(options.addressOf);
  const [port, management] = [await freePort(), await freePort()];
  const config = join(certificates.directory, "pebble.json");
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: own.certificatePath,
    privateKey: own.keyPath,
    httpPort: options.httpPort,
    tlsPort: 1,
    externalAccountBindingRequired: options.bindings !== undefined,
    externalAccountMACKeys: options.bindings ?? {},
  };
  writeFileSync(config, JSON.stringify({ pebble }));
  const running = await startProcess(binary, ["-config", config, "-dnsserver", `127.0.0.1:${dns.port}`], {
    env: { PEBBLE_VA_NOSLEEP: "1", PEBBLE_AUTHZREUSE: "0" },
  });
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

/** Once for a machine: it takes a minute to compile. */
async function buildPebble(): Promise<string> {
  const directory = join(tmpdir(), `sluice-pebble-${VERSION}`);
  const binary = join(directory, "pebble");
  if (existsSync(binary)) return binary;
  const fresh = `${directory}-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const module = `github.com/letsencrypt/pebble/v2/cmd/pebble@${VERSION}`;
  await promisify(execFile)("go", ["install", module], { env: { ...process.env, GOBIN: fresh } });
  mkdirSync(directory, { recursive: true });
  renameSync(join(fresh, "pebble"), binary);
  return binary;
}

/** Answers each question for an A record, and says of all others that there is none. */
async function startDns(
  addressOf: (name: string) => string,
): Promise<{ readonly port: number; close(): void }> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.subarray(at + 1, at + 1 + length).toString());
      at += length + 1;
    }
    const question = query.subarray(12, at + 5);
    const isAddress = query.readUInt16BE(at + 1) === 1;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8580, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(isAddress ? 1 : 0, 6);
    const address = Buffer.from(addressOf(labels.join(".").toLowerCase()).split(".").map(Number));
    const answer = Buffer.concat([Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]), address]);
    socket.send(Buffer.concat([header, question, ...(isAddress ? [answer] : [])]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { port: socket.address().port, close: () => socket.close() };
}
