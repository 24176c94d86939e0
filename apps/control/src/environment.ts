import { isIP } from "node:net";
import { fileURLToPath } from "node:url";
import { type OutboundPolicy, readOutboundPolicy } from "@sluice/config/outbound";
import { PLAINTEXT_POLICIES, type PlaintextPolicy } from "./identity/admission.ts";

/** All of this process's settings; the README's table says the same. */
export interface Environment {
  readonly databaseUrl: string;
  readonly xdsHost: string;
  readonly xdsPort: number;
  /** Names and addresses in the xDS port's certificate, beside those that this machine has. */
  readonly xdsHosts: readonly string[];
  /** From where nodes may come without TLS. */
  readonly plaintext: PlaintextPolicy;
  /** Of the certificates that nodes get, in milliseconds. */
  readonly nodeCertificateMs: number;
  readonly secretKey: string | undefined;
  readonly secretKeyFile: string | undefined;
  readonly dataDir: string;
  readonly healthHost: string;
  /** Where connections may be made to on somebody's word: ACME authorities, notifications. `SLUICE_OUTBOUND_ALLOW`. */
  readonly outbound: OutboundPolicy;
  /** Undefined: no health endpoint. */
  readonly healthPort: number | undefined;
  readonly logLevel: string;
  /** Percent of requests that are traced where the configuration says nothing; 0: no tracer is added. */
  readonly traceSamplingPercent: number;
  /** `SLUICE_ADMIN_URL`: for links in messages. */
  readonly dashboardUrl: string | undefined;
  /** How long a node may be away before it is told to be lost, in milliseconds. */
  readonly nodeLostMs: number;
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** @throws Error with one line that names the variable and what it takes */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const databaseUrl = env.DATABASE_URL ?? "";
  if (databaseUrl === "")
    throw new Error("DATABASE_URL is not set: give postgres://user:password@host:port/name");
  const logLevel = env.LOG_LEVEL ?? "info";
  if (!LOG_LEVELS.includes(logLevel))
    throw new Error(`LOG_LEVEL "${logLevel}": one of ${LOG_LEVELS.join(", ")}`);
  const plaintext = env.SLUICE_XDS_PLAINTEXT || "loopback";
  const policy = PLAINTEXT_POLICIES.find((known) => known === plaintext);
  if (policy === undefined)
    throw new Error(`SLUICE_XDS_PLAINTEXT "${plaintext}": one of ${PLAINTEXT_POLICIES.join(", ")}`);
  const healthPort = readNumber(env, "SLUICE_CONTROL_HEALTH_PORT", 18001, 65_535);
  return {
    databaseUrl,
    xdsHost: env.SLUICE_XDS_HOST ?? "127.0.0.1",
    xdsPort: readNumber(env, "SLUICE_XDS_PORT", 18000, 65_535),
    xdsHosts: readHosts(env.SLUICE_XDS_HOSTS ?? ""),
    plaintext: policy,
    nodeCertificateMs: readNodeCertificateMs(env),
    secretKey: env.SLUICE_SECRET_KEY || undefined,
    secretKeyFile: env.SLUICE_SECRET_KEY_FILE || undefined,
    dataDir: env.SLUICE_DATA_DIR || fileURLToPath(new URL("../../../.sluice", import.meta.url)),
    healthHost: env.SLUICE_CONTROL_HEALTH_HOST || "127.0.0.1",
    outbound: readOutboundPolicy(env.SLUICE_OUTBOUND_ALLOW),
    healthPort: healthPort === 0 ? undefined : healthPort,
    logLevel,
    traceSamplingPercent: readNumber(env, "SLUICE_TRACE_SAMPLING_PERCENT", 1, 100),
    dashboardUrl: readUrl(env.SLUICE_ADMIN_URL ?? ""),
    nodeLostMs: readNumber(env, "SLUICE_NODE_LOST_SECONDS", 60, 86_400) * 1_000,
  };
}

function readUrl(text: string): string | undefined {
  if (text === "") return undefined;
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ""))
    throw new Error(`SLUICE_ADMIN_URL "${text}": an http:// or https:// address`);
  return text.replace(/\/$/, "");
}

function readHosts(text: string): readonly string[] {
  const hosts = text.split(/[\s,]+/).filter((host) => host !== "");
  const odd = hosts.find(
    (host) => isIP(host) === 0 && !/^[A-Za-z0-9*]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host),
  );
  if (odd !== undefined)
    throw new Error(`SLUICE_XDS_HOSTS "${odd}": names and addresses without ports, apart by commas`);
  return hosts;
}

function readNodeCertificateMs(env: Readonly<Record<string, string | undefined>>): number {
  const name = "SLUICE_NODE_CERTIFICATE_HOURS";
  const hours = readNumber(env, name, 24, 24 * 90);
  // Below a minute nodes would do little else than renew.
  if (hours * 60 < 1) throw new Error(`${name} "${env[name]}": a number from 0.02 to ${24 * 90}`);
  return hours * 3_600_000;
}

function readNumber(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback: number,
  max: number,
): number {
  const text = env[name] ?? "";
  if (text === "") return fallback;
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > max)
    throw new Error(`${name} "${text}": a number from 0 to ${max}`);
  return value;
}
