import { spawnSync } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, startProcess, waitFor } from "@sluice/harness";

/** BIND, which takes signed updates of one zone. */
export interface RunningNamed {
  /** `127.0.0.1:port`, UDP and TCP. */
  readonly address: string;
  /** Values of a name's TXT records; none where there are none. */
  texts(name: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface NamedKey {
  readonly name: string;
  readonly algorithm: string;
  /** Base64. */
  readonly secret: string;
  /** A rule of `update-policy`, behind the key's name; none: it may sign, and change nothing. */
  readonly may?: string;
}

export const namedMissing: string | false =
  spawnSync("named", ["-v"]).status === 0 ? false : "BIND is not installed";

export async function startNamed(zone: string, keys: readonly NamedKey[]): Promise<RunningNamed> {
  const directory = mkdtempSync(join(tmpdir(), "sluice-named-"));
  const port = await freePort();
  const config = join(directory, "named.conf");
  writeFileSync(
    join(directory, "zone.db"),
    `$TTL 60\n@ IN SOA ns.${zone}. root.${zone}. 1 60 60 60 60\n@ IN NS ns.${zone}.\nns IN A 127.0.0.1\n`,
  );
  writeFileSync(
    config,
    `options {
  directory "${directory}"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
};
controls { };
${keys.map(({ name, algorithm, secret }) => `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`).join("\n")}
zone "${zone}" {
  type primary; file "zone.db";
  update-policy { ${keys
    .filter(({ may }) => may !== undefined)
    .map(({ name, may }) => `grant "${name}" ${may};`)
    .join(" ")} };
};
`,
  );
  const running = await startProcess("named", ["-g", "-c", config], {});
  await waitFor("BIND to listen", () => {
    if (running.exit() !== undefined) throw new Error(running.output());
    return running.output().includes("all zones loaded");
  });
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${port}`]);
  return {
    address: `127.0.0.1:${port}`,
    async texts(name) {
      const found = await resolver.resolveTxt(name).catch(() => []);
      return found.map((parts) => parts.join("")).toSorted();
    },
    async close() {
      await running.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
