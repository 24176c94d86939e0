/** Where ACME authorities ask a host over HTTP (RFC 8555, 8.3). */
export const CHALLENGE_PATH = "/.well-known/acme-challenge/";
