/** `text` with each %XX made the octet it stands for (a binary string again); what is no such triple stays as it is. */
export function percentDecoded(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_triple, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
