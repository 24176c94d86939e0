import type { Clock, Compiled, HeaderMap } from "@sluice/extension-api";

/** What a request says of the session that it belongs to. */
export interface SessionState {
  /** The endpoint that serves the session, as `ip:port`; `undefined`: not known yet. */
  readonly upstreamAddress: string | undefined;
  /** Tells the client which endpoint answered; true when the session had another one. */
  onUpdate(upstreamAddress: string, response: HeaderMap): boolean;
}

/** One kind of session, configured. */
export interface SessionStates {
  /** May change the request. `undefined`: the request is none that sessions are kept for. */
  of(request: HeaderMap): SessionState | undefined;
}

/** What an extension of `envoy.http.stateful_session` gives. `path`: where its configuration stands, for problems. */
export interface SessionStateFactory {
  compile(message: unknown, path: string, clock: Clock): Compiled<SessionStates>;
}

declare module "../registry/extension-registry.ts" {
  interface ExtensionFactories {
    "envoy.http.stateful_session": SessionStateFactory;
  }
}
