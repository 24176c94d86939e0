import { tlsFailureReason } from "./tls/failure-reason.ts";

const CONNECT_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused",
  EHOSTUNREACH: "No route to host",
  ENETUNREACH: "Network is unreachable",
  ETIMEDOUT: "Connection timed out",
  ECONNRESET: "Connection reset by peer",
};

/** A refused peer; the message is what access logs show. */
export class TransportFailure extends Error {}

/** `%UPSTREAM_TRANSPORT_FAILURE_REASON%` for the error of a socket that never was ready. */
export function transportFailureReason(error: NodeJS.ErrnoException | undefined): string {
  if (error === undefined) return "";
  if (error instanceof TransportFailure) return error.message;
  const tls = tlsFailureReason(error);
  if (tls !== "") return tls;
  const known = CONNECT_ERRORS[error.code ?? ""];
  return known === undefined ? error.message : `delayed connect error: ${known}`;
}
