/** The version of this build and of the API that it reads. */
export const SLUICE_VERSION = { major: 0, minor: 1, patch: 0 } as const;
const ENVOY_API_VERSION = { major: 1, minor: 40, patch: 0 } as const;

/** `0.1.0`. */
export const VERSION_NUMBER = `${SLUICE_VERSION.major}.${SLUICE_VERSION.minor}.${SLUICE_VERSION.patch}`;

export function versionText(): string {
  const api = ENVOY_API_VERSION;
  return `sluice/${VERSION_NUMBER} (Envoy API ${api.major}.${api.minor}.${api.patch}, Node ${process.version})`;
}
