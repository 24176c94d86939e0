import { type HeaderMap, refuse } from "@sluice/extension-api";
import type { HeaderBasedSessionState } from "@sluice/xds/gen/envoy/extensions/http/stateful_session/header/v3/header_pb.js";
import { decodeBase64 } from "../../../../http/decode-base64.ts";
import type { SessionState, SessionStateFactory } from "../../../../http/session-state.ts";

class HeaderSession implements SessionState {
  readonly upstreamAddress: string | undefined;
  private readonly name: string;

  constructor(name: string, request: HeaderMap) {
    this.name = name;
    const bytes = decodeBase64(request.get(name) ?? "");
    this.upstreamAddress = bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1");
  }

  onUpdate(upstreamAddress: string, response: HeaderMap): boolean {
    if (upstreamAddress === this.upstreamAddress) return false;
    response.set(this.name, Buffer.from(upstreamAddress, "latin1").toString("base64"));
    return true;
  }
}

export const headerSessionFactory: SessionStateFactory = {
  compile(message, path) {
    const name = asConfig(message).name.toLowerCase();
    if (name === "") {
      const problem = "Header name cannot be empty for header based stateful sessions";
      return refuse(`${path}.name`, problem);
    }
    return { ok: true, value: { of: (request) => new HeaderSession(name, request) } };
  },
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): HeaderBasedSessionState {
  return message as HeaderBasedSessionState;
}
