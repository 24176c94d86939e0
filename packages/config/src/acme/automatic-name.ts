const PREFIX = "automatic:";
const NAMES_MAX = 100;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/** Whether a reference to a secret asks for an automatic certificate: `automatic:shop.example,www.shop.example`. */
export function isAutomatic(secret: string): boolean {
  return secret.startsWith(PREFIX);
}

/** The host names that it is for; undefined with `automaticProblem`. */
export function automaticNames(secret: string): readonly string[] {
  return secret
    .slice(PREFIX.length)
    .split(",")
    .map((name) => name.trim());
}

/** What is wrong with the name of an automatic certificate; undefined when nothing is. */
export function automaticProblem(secret: string): string | undefined {
  const names = automaticNames(secret);
  if (names.length > NAMES_MAX)
    return `an automatic certificate may have ${NAMES_MAX} names; this has ${names.length}`;
  if (new Set(names).size < names.length) return "an automatic certificate has each name once";
  const odd = names.find((name) => !isHostName(name));
  if (odd === undefined) return undefined;
  if (odd.startsWith("*."))
    return `'${odd}': an automatic certificate is for single names, since a wildcard cannot be proven over HTTP`;
  return `'${odd}' is no host name in lower case; write automatic:a.example,b.example`;
}

function isHostName(name: string): boolean {
  const labels = name.split(".");
  // An address would have figures for its last label.
  return (
    name.length <= 253 &&
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? "")
  );
}
