import assert from "node:assert/strict";
import { Admission } from "../identity/admission.ts";
import { refuse } from "../identity/join-http.ts";
import type { GrpcServerOptions } from "../server/grpc-server.ts";

/** For servers under test that nodes reach in plain text on the loopback, and that nobody joins. */
export function openToLoopback(): Pick<GrpcServerOptions, "admission" | "join" | "onRefused"> {
  return {
    admission: new Admission({
      plaintext: "loopback",
      register: { isRevoked: () => false, validUntilMs: () => 0 },
      now: () => new Date(),
    }),
    join: { handle: async (_request, answer) => refuse(answer, 404, "not_found", "") },
    onRefused: (_peer, reason) => assert.fail(reason),
  };
}
