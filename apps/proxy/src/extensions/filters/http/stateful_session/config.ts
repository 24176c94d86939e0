import type { Compiled } from "@sluice/extension-api";
import type { StatefulSession } from "@sluice/xds/gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.js";
import type { SessionStates } from "../../../../http/session-state.ts";
import type { HttpFactoryContext } from "../../../../http-filter/filter-chain-config.ts";
import { findTypedExtension } from "../../../../route/compile-typed-extension.ts";
import { createStatefulSessionStats, type StatefulSessionStats } from "./stats.ts";

export interface StatefulSessionConfig {
  /** `undefined`: no sessions. */
  readonly states: SessionStates | undefined;
  readonly strict: boolean;
  /** Of the answer when the session's endpoint is there no more. */
  readonly statusWhenAbsent: number;
  readonly stats: StatefulSessionStats | undefined;
}

/** `path`: where the message stands, "" at the top. Routes have no stats. */
export function compileStatefulSession(
  config: StatefulSession,
  path: string,
  context: HttpFactoryContext,
  hasStats: boolean,
): Compiled<StatefulSessionConfig> {
  const { sessionState, strict, statPrefix, statusOnStrictDestinationNotFound: status } = config;
  let states: SessionStates | undefined;
  if (sessionState !== undefined) {
    const at = `${path === "" ? "" : `${path}.`}session_state.typed_config`;
    const { extensions, clock } = context.worker;
    const found = findTypedExtension(extensions, "envoy.http.stateful_session", sessionState.typedConfig, at);
    if (!found.ok) return found;
    const compiled = found.value.factory.compile(found.value.message, at, clock);
    if (!compiled.ok) return compiled;
    states = compiled.value;
  }
  const stats =
    hasStats && statPrefix !== "" ? createStatefulSessionStats(context.stats, statPrefix) : undefined;
  const statusWhenAbsent = strict && status !== 0 ? status : 503;
  return { ok: true, value: Object.freeze({ states, strict, statusWhenAbsent, stats }) };
}
