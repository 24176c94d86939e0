const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of the configuration as it appears on the wire: UTF-8, one char code per octet, as header values are kept. */
export function toBinaryString(text: string): string {
  if (isAscii(text)) return text;
  let binary = "";
  for (const octet of encoder.encode(text)) binary += String.fromCharCode(octet);
  return binary;
}

/** The text of a binary string; `undefined` when it is not UTF-8. */
export function fromBinaryString(binary: string): string | undefined {
  if (isAscii(binary)) return binary;
  const octets = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) {
    const code = binary.charCodeAt(i);
    if (code > 0xff) return undefined;
    octets[i] = code;
  }
  try {
    return decoder.decode(octets);
  } catch {
    return undefined;
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Lower case of ASCII letters only: header names, hosts and `ignore_case` know no other. Returns `text` itself if it has none. */
export function asciiLowerCase(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x41 && code <= 0x5a) return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  }
  return text;
}
