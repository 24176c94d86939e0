/** Octet classes of RFC 9110 §5.5–5.6 and RFC 3986, as tables indexed by octet. */

/** Token octets map to their lower case, all others to 0. */
export const TOKEN_LOWER = new Uint8Array(256);
/** 1 for octets that a field value may hold: HTAB, SP, VCHAR, obs-text. */
export const FIELD_VALUE = new Uint8Array(256);
/** 1 for octets that a request target may hold here: visible ASCII. */
export const TARGET = new Uint8Array(256);
/** 1 for octets of a Host value: RFC 3986 authority, percent-encoding and `[`, `]` included. */
const AUTHORITY = new Uint8Array(256);

for (const c of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  TOKEN_LOWER[c.charCodeAt(0)] = c.charCodeAt(0);
for (let c = 65; c <= 90; c++) TOKEN_LOWER[c] = c | 32;
for (let c = 0x20; c < 256; c++) FIELD_VALUE[c] = c === 0x7f ? 0 : 1;
FIELD_VALUE[9] = 1;
for (let c = 0x21; c < 0x7f; c++) TARGET[c] = 1;
for (const c of "-._~!$&'()*+,;=:@[]%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  AUTHORITY[c.charCodeAt(0)] = 1;
}

export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const octet = text.charCodeAt(i);
    if (octet > 255 || TOKEN_LOWER[octet] === 0) return false;
  }
  return text.length > 0;
}

export function isAuthority(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (AUTHORITY[text.charCodeAt(i)] !== 1) return false;
  return true;
}
