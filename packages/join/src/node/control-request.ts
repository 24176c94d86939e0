import { X509Certificate } from "node:crypto";
import { type RequestOptions, request } from "node:https";
import { isIP } from "node:net";
import { isControlCertificate } from "../certificates/certificate-identity.ts";

const DEADLINE_MS = 15_000;
const ANSWER_BYTES_MAX = 64 * 1024;

/** A call to the control plane that failed; `message` says why and what to do. */
export class JoinError extends Error {
  override readonly name = "JoinError";
  /** The control plane's own code (`spent`, `revoked`, …), or `unreachable`, `untrusted`, `damaged`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whom to trust, and as whom to come. */
export interface Trust {
  /** PEM. Undefined: whoever answers, for the one question that the answer to is checked by other means. */
  readonly authorityPem: string | undefined;
  readonly certificatePem?: string;
  readonly keyPem?: string;
}

/** One HTTPS call on a connection of its own, within 15 s. Answers the body. @throws JoinError */
export async function callControlPlane(
  server: URL,
  path: string,
  trust: Trust,
  body: object | undefined,
): Promise<string> {
  const host = server.hostname.replace(/^\[|\]$/g, "");
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const { status, text } = await send(
    server,
    {
      host,
      port: server.port === "" ? 443 : Number(server.port),
      path,
      method: payload === undefined ? "GET" : "POST",
      agent: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      minVersion: "TLSv1.2",
      rejectUnauthorized: trust.authorityPem !== undefined,
      ...(trust.authorityPem === undefined ? {} : { ca: trust.authorityPem }),
      ...(trust.certificatePem === undefined ? {} : { cert: trust.certificatePem }),
      ...(trust.keyPem === undefined ? {} : { key: trust.keyPem }),
      // Its name is in the certificate, wherever it runs and whatever DNS says.
      checkServerIdentity: (_host, { raw }) =>
        isControlCertificate(new X509Certificate(raw))
          ? undefined
          : new Error("its certificate is not a control plane's"),
      headers: payload === undefined ? {} : { "content-type": "application/json" },
      signal: AbortSignal.timeout(DEADLINE_MS),
    },
    payload,
  );
  if (status === 200) return text;
  throw refusal(server, status, text);
}

function send(
  server: URL,
  options: RequestOptions,
  payload: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(failure(server, error));
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > ANSWER_BYTES_MAX) outgoing.destroy(new Error("its answer is too long"));
        else chunks.push(chunk);
      });
      response.on("error", fail);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.on("error", fail);
    outgoing.end(payload);
  });
}

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO|not a control plane|signature/i;

function failure(server: URL, error: Error): JoinError {
  const code = "code" in error ? String(error.code) : "";
  if (error.name === "TimeoutError" || code === "ABORT_ERR")
    return new JoinError("unreachable", `${server.origin} did not answer within ${DEADLINE_MS / 1000} s`);
  if (code.startsWith("ERR_SSL") || code === "EPROTO")
    return new JoinError(
      "unreachable",
      `${server.origin} does not speak TLS with us (${error.message.trim()}): is it the control plane's xDS port?`,
    );
  if (UNTRUSTED.test(code) || UNTRUSTED.test(error.message))
    return new JoinError(
      "untrusted",
      `${server.origin} is not the control plane of this authority: ${error.message}`,
    );
  return new JoinError("unreachable", `${server.origin} cannot be reached: ${error.message}`);
}

function refusal(server: URL, status: number, text: string): JoinError {
  try {
    const { error, message }: { error?: unknown; message?: unknown } = JSON.parse(text);
    if (typeof error === "string" && typeof message === "string") return new JoinError(error, message);
  } catch {
    // Not from Sluice.
  }
  return new JoinError(
    "unreachable",
    `${server.origin} answered with status ${status}: is it the control plane's xDS port?`,
  );
}
