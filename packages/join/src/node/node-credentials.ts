import { certificateIdentity } from "../certificates/certificate-identity.ts";
import { createSigningRequest } from "../certificates/signing-request.ts";
import { callControlPlane, JoinError } from "./control-request.ts";
import { authorityFingerprint, parseJoinToken, splitCertificates } from "./join-token.ts";

/** What a node needs to be let in. */
export interface NodeCredentials {
  /** Where to renew: the control plane's xDS port, `https://host:port`. */
  readonly server: string;
  readonly certificatePem: string;
  /** PKCS #8. */
  readonly keyPem: string;
  /** The control plane's roots, PEM: one, or two while one is changed for another. */
  readonly authorityPem: string;
}

/** @throws JoinError `invalid` */
export function controlUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== "https:" || url.pathname !== "/")
    throw new JoinError(
      "invalid",
      `${text}: use the address of the control plane's xDS port, like https://10.0.0.5:18000`,
    );
  return url;
}

/**
 * A join token for credentials. The authority that the server shows must be the one that the token names, so the token is
 * told to nobody else. @throws JoinError
 */
export async function joinControlPlane(options: {
  readonly server: string;
  readonly token: string;
  /** The id to have; may be left out with a token for one id. */
  readonly node?: string | undefined;
}): Promise<NodeCredentials> {
  const server = controlUrl(options.server);
  const token = parseJoinToken(options.token);
  if (token === undefined) throw new JoinError("invalid", "this is no join token: copy it whole");
  const bundle = await callControlPlane(server, "/join/authority", { authorityPem: undefined }, undefined);
  // Of several roots only the one that the token names is known to be the appliance's.
  const authorityPem = splitCertificates(bundle).find((pem) => fingerprintOf(pem) === token.authority);
  if (authorityPem === undefined)
    throw new JoinError(
      "untrusted",
      `${server.origin} has another authority than the one that the token was made by: is it the right appliance, and nobody in between?`,
    );
  return await request(
    server,
    "/join",
    { authorityPem },
    { token: options.token.trim(), node: options.node },
  );
}

/** New credentials, with a new key, for those that are still valid. @throws JoinError */
export async function renewCredentials(held: NodeCredentials): Promise<NodeCredentials> {
  return await request(controlUrl(held.server), "/join/renew", held, {});
}

async function request(
  server: URL,
  path: string,
  trust: { readonly authorityPem: string; readonly certificatePem?: string; readonly keyPem?: string },
  body: object,
): Promise<NodeCredentials> {
  const { keyPem, requestPem } = await createSigningRequest();
  const answer = await callControlPlane(server, path, trust, { ...body, request: requestPem });
  const { certificate, authority } = readAnswer(answer);
  if (certificateIdentity(certificate) === undefined || fingerprintOf(authority) === undefined)
    throw new JoinError("damaged", `${server.origin} sent no certificate`);
  return { server: server.origin, certificatePem: certificate, keyPem, authorityPem: authority };
}

function readAnswer(text: string): { readonly certificate: string; readonly authority: string } {
  try {
    const { certificate, authority }: { certificate?: unknown; authority?: unknown } = JSON.parse(text);
    if (typeof certificate === "string" && typeof authority === "string") return { certificate, authority };
  } catch {
    // Told below.
  }
  return { certificate: "", authority: "" };
}

function fingerprintOf(pem: string): string | undefined {
  try {
    return authorityFingerprint(pem);
  } catch {
    return undefined;
  }
}
