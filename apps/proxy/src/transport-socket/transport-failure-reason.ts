import { socketAddressText } from "../connection/socket-address.ts";
import { tlsFailureReason } from "./tls/failure-reason.ts";

const CONNECT_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused",
  EHOSTUNREACH: "No route to host",
  ENETUNREACH: "Network is unreachable",
  ETIMEDOUT: "Connection timed out",
  ECONNRESET: "Connection reset by peer",
};

const BIND_ERRORS: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: "Cannot assign requested address",
  EADDRINUSE: "Address already in use",
  EACCES: "Permission denied",
};

/** The socket could not have the local address that was asked for. */
export function isBindError(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.syscall === "bind";
}

function bindFailure(error: NodeJS.ErrnoException): string {
  const { code = "" } = error;
  const address = "address" in error ? String(error.address) : "";
  const port = "port" in error ? Number(error.port) : 0;
  return `failed to bind to ${socketAddressText(address, port)}: ${BIND_ERRORS[code] ?? code}`;
}

/** A refused peer; the message is what access logs show. */
export class TransportFailure extends Error {}

/** `%UPSTREAM_TRANSPORT_FAILURE_REASON%` for the error of a socket that never was ready. */
export function transportFailureReason(error: NodeJS.ErrnoException | undefined): string {
  if (error === undefined) return "";
  if (error instanceof TransportFailure) return error.message;
  const tls = tlsFailureReason(error);
  if (tls !== "") return tls;
  if (isBindError(error)) return bindFailure(error);
  const known = CONNECT_ERRORS[error.code ?? ""];
  return known === undefined ? error.message : `delayed connect error: ${known}`;
}
