import type { Log } from "@sluice/extension-api";
import { StartupError } from "../server/startup-error.ts";

/**
 * Renews the node's client certificate in the directory that `sluice join` wrote, for as long as the proxy runs. The bootstrap
 * takes it from there by SDS, so a new one is in force at once and connections stay.
 *
 * @returns the way to stop
 * @throws StartupError when the directory holds no identity
 */
export async function keepCertificateRenewed(directory: string, log: Log): Promise<() => void> {
  const { keepRenewed, readJoinDirectory, validityOf } = await import("@sluice/join");
  let certificatePem: string;
  try {
    ({ certificatePem } = readJoinDirectory(directory));
  } catch (error) {
    throw new StartupError(`--join-dir: ${error instanceof Error ? error.message : String(error)}`);
  }
  log.info(`the node's certificate is valid until ${validityOf(certificatePem).notAfter.toISOString()}`);
  return keepRenewed({
    directory,
    now: () => new Date(),
    random: Math.random,
    onRenewed: ({ notAfter }) =>
      log.info(`the node's certificate was renewed and is valid until ${notAfter.toISOString()}`),
    onFailed: (message, retryInMs) =>
      log.warn(
        `the node's certificate could not be renewed, trying again in ${Math.round(retryInMs / 1000)} s: ${message}`,
      ),
  });
}
