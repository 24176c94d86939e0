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
  const odd = names.find((name) => !isHostName(name.replace(/^\*\./, "")));
  if (odd === undefined) return undefined;
  return `'${odd}' is no host name in lower case; write automatic:a.example,b.example`;
}

/** Whether one of the names is a wildcard, which only DNS-01 proves. */
export function hasWildcard(names: readonly string[]): boolean {
  return names.some((name) => name.startsWith("*."));
}

/** The reference to an automatic certificate for these names, as people wrote them. */
export function automaticName(names: readonly string[]): string {
  const written = names.map((name) => name.trim().toLowerCase().replace(/\.$/, ""));
  return `${PREFIX}${written.join(",")}`;
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
