import xxhash from "xxhash-wasm";

/**
 * The value of Envoy's `….version` gauges for a `version_info`: xxHash64 with seed 0, as the double that the metrics
 * service carries.
 */
export async function loadVersionGauge(): Promise<(version: string) => number> {
  const { h64 } = await xxhash();
  return (version) => Number(h64(version));
}
