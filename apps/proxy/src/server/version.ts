/** The version of this build and of the API that it reads. */
export const SLUICE_VERSION = { major: 0, minor: 1, patch: 0 } as const;
const ENVOY_API_VERSION = { major: 1, minor: 40, patch: 0 } as const;

export function versionText(): string {
  const { major, minor, patch } = SLUICE_VERSION;
  const api = ENVOY_API_VERSION;
  return `sluice/${major}.${minor}.${patch} (Envoy API ${api.major}.${api.minor}.${api.patch}, Node ${process.version})`;
}
