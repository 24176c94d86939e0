import xxhash from "xxhash-wasm";

const { h64 } = await xxhash();

/** xxHash64 of a version string, as Envoy's `version` gauges show it (a gauge is a double: beyond 2^53 it is rounded). */
export function hashVersion(version: string): number {
  return version === "" ? 0 : Number(h64(version));
}
