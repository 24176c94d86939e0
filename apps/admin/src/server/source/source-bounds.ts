/** Of a source's files together. */
export const BYTES_MAX = 16 << 20;
export const FILES_MAX = 10_000;

/** YAML and JSON, unless hidden: `.github/workflows/x.yaml` is no configuration. */
export function isTaken(path: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(path) && !path.split("/").some((part) => part.startsWith("."));
}
