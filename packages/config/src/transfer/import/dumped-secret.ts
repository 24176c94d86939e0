/** What Envoy puts in a secret's place: the word, or its base64 in a field of bytes. */
const REDACTED_TEXT = "[redacted]";
const REDACTED_BYTES = Buffer.from(REDACTED_TEXT).toString("base64");

/**
 * A dumped resource with Envoy's redactions as our placeholders, numbered in their order, so that a value which the draft has
 * by now is kept.
 */
export function readableSecret(resource: unknown): { readonly value: unknown; readonly hidden: number } {
  let hidden = 0;
  const read = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(read);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        if (item === REDACTED_BYTES && /^inline_?bytes$/i.test(key))
          return ["inline_string", `[redacted ${++hidden}]`];
        if (item === REDACTED_TEXT) return [key, `[redacted ${++hidden}]`];
        return [key, read(item)];
      }),
    );
  };
  return { value: read(resource), hidden };
}
