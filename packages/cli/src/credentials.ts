import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { CliError } from "./cli-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";

export interface Credentials {
  /** Address of the dashboard, without a trailing slash. */
  readonly server: string;
  readonly token: string;
}

/** `$XDG_CONFIG_HOME/sluice/credentials.json`, else below `~/.config`; readable by its owner only. */
function credentialsFile(environment: NodeJS.ProcessEnv): string {
  return join(environment.XDG_CONFIG_HOME || join(homedir(), ".config"), "sluice", "credentials.json");
}

/** `SLUICE_SERVER` and `SLUICE_TOKEN` first, then what `login` stored. */
export function readCredentials(environment: NodeJS.ProcessEnv): Credentials {
  const server = environment.SLUICE_SERVER;
  const token = environment.SLUICE_TOKEN;
  if (server && token) return { server: server.replace(/\/$/, ""), token };
  let stored: { server?: unknown; token?: unknown } = {};
  try {
    stored = JSON.parse(readFileSync(credentialsFile(environment), "utf8"));
  } catch {
    // Not signed in yet, or the file is damaged: the same advice helps.
  }
  if (typeof stored.server !== "string" || typeof stored.token !== "string") {
    throw new CliError(
      "not signed in: run `sluice login --server http://localhost:3000 --email you@example.org`, or set SLUICE_SERVER and SLUICE_TOKEN",
      EXIT_CODES.forbidden.code,
    );
  }
  return { server: server ? server.replace(/\/$/, "") : stored.server, token: token || stored.token };
}

export function storeCredentials(environment: NodeJS.ProcessEnv, credentials: Credentials): string {
  const file = credentialsFile(environment);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify(credentials, undefined, 2)}\n`, { mode: 0o600 });
  return file;
}
