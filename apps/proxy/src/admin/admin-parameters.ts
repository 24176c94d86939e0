/** The parameters of a query or a form. Envoy decodes percent escapes alone: `+` is a plus, and what is no escape stays. */
export function readParameters(text: string): URLSearchParams {
  const parameters = new URLSearchParams();
  if (text === "") return parameters;
  for (const pair of text.split("&")) {
    const equals = pair.indexOf("=");
    if (equals < 0) parameters.append(decode(pair), "");
    else parameters.append(decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)));
  }
  return parameters;
}

/** `text` has one character per octet, or none above 127. */
function decode(text: string): string {
  if (!text.includes("%")) return text;
  const octets = text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(octets, "latin1").toString("utf8");
}
