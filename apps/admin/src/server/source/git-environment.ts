import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SourceCredentials } from "@sluice/config";
import {
  OutboundError,
  type OutboundPolicy,
  type OutboundTarget,
  resolveTarget,
} from "@sluice/config/outbound";
import { FetchError } from "./run-git.ts";

/**
 * Credentials where only git's own process sees them: in its environment and in files of its directory, never in arguments, which
 * everybody on the machine can read.
 */
export async function gitEnvironment(
  directory: string,
  location: string,
  credentials: SourceCredentials,
  policy: OutboundPolicy,
): Promise<Readonly<Record<string, string>>> {
  const settings: [string, string][] = [
    // A redirect would take the credentials elsewhere.
    ["http.followRedirects", "false"],
    ["core.hooksPath", "/dev/null"],
    ["protocol.version", "2"],
    ["fetch.fsckObjects", "true"],
  ];
  const target = location.startsWith("file:") ? undefined : await targetOf(policy, location);
  if (target !== undefined && location.startsWith("https:")) {
    // No name is resolved again: the addresses are those that were judged.
    const addresses = target.addresses.map(({ address, family }) =>
      family === 6 ? `[${address}]` : address,
    );
    const port = new URL(location).port || "443";
    settings.push(["http.curloptResolve", `${target.host}:${port}:${addresses.join(",")}`]);
  }
  const { username = "", password = "", privateKey = "", knownHosts = "" } = credentials;
  if (location.startsWith("https:") && (username !== "" || password !== "")) {
    const basic = Buffer.from(`${username === "" ? "git" : username}:${password}`).toString("base64");
    settings.push([`http.${new URL(location).origin}/.extraHeader`, `Authorization: Basic ${basic}`]);
  }
  const environment: Record<string, string> = { GIT_CONFIG_COUNT: String(settings.length) };
  for (const [index, [key, value]] of settings.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  if (target !== undefined && location.startsWith("ssh:"))
    environment.GIT_SSH_COMMAND = await sshCommand(directory, target, privateKey, knownHosts);
  return environment;
}

async function targetOf(policy: OutboundPolicy, location: string): Promise<OutboundTarget> {
  try {
    return await resolveTarget(policy, new URL(location).hostname);
  } catch (error) {
    if (error instanceof OutboundError) throw new FetchError(error.message);
    throw error;
  }
}

async function sshCommand(
  directory: string,
  { host, addresses }: OutboundTarget,
  privateKey: string,
  knownHosts: string,
): Promise<string> {
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const config = [
    "Host *",
    `  HostName ${addresses[0]?.address ?? host}`,
    `  HostKeyAlias ${host}`,
    `  IdentityFile "${await file("key", privateKey.endsWith("\n") ? privateKey : `${privateKey}\n`)}"`,
    "  IdentitiesOnly yes",
    "  IdentityAgent none",
    `  UserKnownHostsFile "${await file("known_hosts", `${knownHosts.trim()}\n`)}"`,
    "  GlobalKnownHostsFile /dev/null",
    "  StrictHostKeyChecking yes",
    "  BatchMode yes",
    "  ConnectTimeout 15",
    "",
  ].join("\n");
  // The path is of a temporary directory of our own: nothing in it has a meaning for a shell.
  return `ssh -F ${await file("ssh_config", config)}`;
}
