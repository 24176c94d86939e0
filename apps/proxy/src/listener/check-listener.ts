import type { Compiled, Problem } from "@sluice/extension-api";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { ActiveListenerConfig } from "../filter-chain/active-listener-config.ts";
import { findSecretConfigs } from "../secret/find-secret-configs.ts";
import type { ReferenceProviders } from "./acquire-references.ts";
import { compileListenerSockets } from "./compile-listener-sockets.ts";
import { listenerReferences } from "./listener-references.ts";

/** Everything wrong with a listener by itself, whatever others there are; each once. Holds nothing afterwards. */
export function checkListener(
  listener: Listener,
  compile: (listener: Listener) => Compiled<ActiveListenerConfig>,
  secrets: ReferenceProviders["secrets"],
): readonly Problem[] {
  const sockets = compileListenerSockets(listener);
  const compiled = compile(listener);
  // Only what it says is wanted.
  if (compiled.ok) compiled.value.close();
  const problems = new Map<string, Problem>();
  for (const problem of [
    ...(sockets.ok ? [] : sockets.problems),
    ...(compiled.ok ? [] : compiled.problems),
    ...listenerReferences(listener).problems,
    ...secrets.check(findSecretConfigs(ListenerSchema, listener)),
  ]) {
    const key = `${problem.path} ${problem.message}`;
    if (!problems.has(key)) problems.set(key, problem);
  }
  return [...problems.values()];
}
