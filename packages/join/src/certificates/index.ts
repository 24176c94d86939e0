export { Authority, type AuthorityPem, createAuthority, type IssuedCertificate } from "./authority.ts";
export { type CertificateIdentity, certificateIdentity } from "./certificate-identity.ts";
export { CONTROL_URI, type Labels, labelsProblem, nodeIdProblem } from "./node-names.ts";
export { createSigningRequest, readSigningRequest, type VerifiedRequest } from "./signing-request.ts";
export { createAcmeTlsCertificate, createSelfSigned, createServerRequest } from "./tls-certificate.ts";
