import type { Host } from "./thread-local-cluster.ts";

/** Whether the host's metadata has `canary: true` under `envoy.lb`. */
export function isCanary(host: Host): boolean {
  const metadata = host.metadata?.["envoy.lb"];
  return typeof metadata === "object" && metadata !== null && Reflect.get(metadata, "canary") === true;
}
