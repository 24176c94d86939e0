/**
 * `bad_address`: it could not be understood; `refused`: the policy forbids where it leads; `unresolved`: the name has no address;
 * `timeout`; `too_long`: the answer; `failed`: no connection, TLS, or the connection broke.
 */
export type OutboundErrorCode = "bad_address" | "refused" | "unresolved" | "timeout" | "too_long" | "failed";

/** Why a call to the outside was not made or did not end well. The message is one line for people. */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly code: OutboundErrorCode;
  /** Whether the same call may go well later without anybody changing anything. */
  readonly retryable: boolean;

  constructor(code: OutboundErrorCode, message: string, cause: unknown = undefined) {
    super(message, { cause });
    this.code = code;
    this.retryable = code !== "bad_address" && code !== "refused" && code !== "too_long";
  }
}
