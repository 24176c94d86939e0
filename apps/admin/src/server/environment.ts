import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type OutboundPolicy, readOutboundPolicy } from "@sluice/config/outbound";
import type { TlsFiles } from "./http/tls-files.ts";

/** Everything that the dashboard reads from its environment; nothing else in this app touches `process.env`. */
export interface Environment {
  /** `PORT`, default 3000. */
  readonly port: number;
  /** `SLUICE_ADMIN_HOST`, default 127.0.0.1: to be reached from elsewhere is a decision that somebody takes. */
  readonly host: string;
  /** `DATABASE_URL`, required. */
  readonly databaseUrl: string;
  /** `SLUICE_DATA_DIR`, default `.sluice`; keeps the cookie secret. Absolute. */
  readonly dataDir: string;
  /**
   * `SLUICE_ADMIN_URL`: the address that browsers use, when a TLS terminator stands before the dashboard. With `https:`
   * the cookies are `Secure`. Default: whatever host the browser names, over http.
   */
  readonly publicUrl: string | undefined;
  /** `SLUICE_TLS_CERT` and `SLUICE_TLS_KEY`: PEM files; with both the dashboard speaks HTTPS itself. Renewed files are taken up. */
  readonly tls: TlsFiles | undefined;
  /**
   * `SLUICE_TLS_NAMES`: host names, apart by commas; the dashboard speaks HTTPS itself, with an automatic certificate for them. Until
   * there is one it has a self-signed one. Not together with the files.
   */
  readonly tlsNames: readonly string[] | undefined;
  /** `SLUICE_AUTH_SECRET`: signs cookies; replicas must share it. Default: a generated file in the data directory. */
  readonly authSecret: string | undefined;
  /** `SLUICE_SECRET_KEY` and `SLUICE_SECRET_KEY_FILE`: what secrets in Postgres are sealed with; the control plane must have the same.
   * Default: a generated file in the data directory. */
  readonly secretKey: string | undefined;
  readonly secretKeyFile: string | undefined;
  /** `SLUICE_OUTBOUND_ALLOW`: where sources may be fetched from beside the public Internet; see `parseOutboundPolicy`. */
  readonly outbound: OutboundPolicy;
  /** `SLUICE_SOURCES_DIR`: sources on this machine lie below it; default: there are none. Absolute. */
  readonly sourcesDir: string | undefined;
  /** `SLUICE_ADMIN_EMAIL` and `SLUICE_ADMIN_PASSWORD`: the first user; used only while there is none. */
  readonly firstUserEmail: string | undefined;
  readonly firstUserPassword: string | undefined;
  /** `SLUICE_CONTROL_HEALTH_URL`, default `http://127.0.0.1:18001/health`. */
  readonly controlHealthUrl: string;
  /** `SLUICE_NODE_ADMIN_URL`: the local node's admin interface; `/ready` is asked. Default: no local node. */
  readonly nodeAdminUrl: string | undefined;
  /**
   * `SLUICE_VALIDATOR`: the proxy's `main.ts`, run to judge drafts before they are published; `off` for none. Default: the one that
   * is installed beside the dashboard.
   */
  readonly validator: string | undefined;
  /** `SLUICE_LOG_LEVEL`: `debug`, `info` (default), `warn`, `error`, `silent`. */
  readonly logLevel: string;
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** Throws an `Error` whose message names the variable and says what to put there. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const read = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const databaseUrl = read("DATABASE_URL");
  if (databaseUrl === undefined)
    throw new Error("DATABASE_URL is not set; put a Postgres address there: postgres://user@host:5432/name");
  const logLevel = read("SLUICE_LOG_LEVEL") ?? "info";
  if (!LOG_LEVELS.includes(logLevel))
    throw new Error(`SLUICE_LOG_LEVEL is "${logLevel}"; use one of ${LOG_LEVELS.join(", ")}`);
  return {
    port: readPort(read("PORT")),
    host: read("SLUICE_ADMIN_HOST") ?? "127.0.0.1",
    databaseUrl,
    dataDir: resolve(read("SLUICE_DATA_DIR") ?? ".sluice"),
    publicUrl: readUrl("SLUICE_ADMIN_URL", read("SLUICE_ADMIN_URL")),
    ...readTls(read("SLUICE_TLS_CERT"), read("SLUICE_TLS_KEY"), read("SLUICE_TLS_NAMES")),
    authSecret: read("SLUICE_AUTH_SECRET"),
    secretKey: read("SLUICE_SECRET_KEY"),
    secretKeyFile: read("SLUICE_SECRET_KEY_FILE"),
    outbound: readOutboundPolicy(read("SLUICE_OUTBOUND_ALLOW")),
    sourcesDir: readDirectory(read("SLUICE_SOURCES_DIR")),
    firstUserEmail: read("SLUICE_ADMIN_EMAIL"),
    firstUserPassword: read("SLUICE_ADMIN_PASSWORD"),
    controlHealthUrl:
      readUrl("SLUICE_CONTROL_HEALTH_URL", read("SLUICE_CONTROL_HEALTH_URL")) ??
      "http://127.0.0.1:18001/health",
    nodeAdminUrl: readUrl("SLUICE_NODE_ADMIN_URL", read("SLUICE_NODE_ADMIN_URL")),
    validator: readValidator(read("SLUICE_VALIDATOR")),
    logLevel,
  };
}

const OWN_PROXY = fileURLToPath(new URL("../../../proxy/src/main.ts", import.meta.url));

function readValidator(text: string | undefined): string | undefined {
  return text === "off" ? undefined : text === undefined ? OWN_PROXY : resolve(text);
}

function readTls(
  certificate: string | undefined,
  key: string | undefined,
  names: string | undefined,
): Pick<Environment, "tls" | "tlsNames"> {
  const none = { tls: undefined, tlsNames: names?.split(",").map((name) => name.trim()) };
  if (certificate === undefined && key === undefined) return none;
  if (certificate === undefined || key === undefined)
    throw new Error("SLUICE_TLS_CERT and SLUICE_TLS_KEY belong together; set both");
  if (names !== undefined)
    throw new Error(
      "SLUICE_TLS_NAMES asks for a certificate, and SLUICE_TLS_CERT names one; set one of them",
    );
  return { tls: { certificate: resolve(certificate), key: resolve(key) }, tlsNames: undefined };
}

function readDirectory(text: string | undefined): string | undefined {
  return text === undefined ? undefined : resolve(text);
}

function readPort(text: string | undefined): number {
  if (text === undefined) return 3000;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error(`PORT is "${text}"; use a number from 0 to 65535`);
  return port;
}

function readUrl(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ""))
    throw new Error(`${name} is "${text}"; use an http:// or https:// address`);
  return text.replace(/\/$/, "");
}
