/** What the control plane's own certificates are named: nodes accept no other peer on the xDS port. */
export const CONTROL_URI = "spiffe://sluice/control";

const NODE_PREFIX = "spiffe://sluice/node/";
const LABELS_PREFIX = "urn:sluice:labels:";
const LABELS_MAX = 32;

/** Ids that a certificate can name: a SPIFFE path segment, and short enough for a common name (RFC 5280, ub-common-name). */
const NODE_ID = /^[A-Za-z0-9._-]{1,64}$/;
const LABEL_KEY = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
const LABEL_VALUE = /^[\x20-\x7e\u00a0-\uffff]{0,128}$/u;

export type Labels = Readonly<Record<string, string>>;

/** What is wrong with a node's id, or undefined. */
export function nodeIdProblem(id: string): string | undefined {
  // A path of "." or ".." would not survive URI normalisation.
  if (NODE_ID.test(id) && !/^\.+$/.test(id)) return undefined;
  return `'${id}' cannot be a node's id: use 1 to 64 letters, digits, '.', '_' and '-'`;
}

export function labelsProblem(labels: Labels): string | undefined {
  const entries = Object.entries(labels);
  if (entries.length > LABELS_MAX) return `more than ${LABELS_MAX} labels`;
  for (const [key, value] of entries) {
    if (!LABEL_KEY.test(key))
      return `'${key}' cannot be a label's key: use up to 63 letters, digits, '.', '_', '/' and '-'`;
    if (!LABEL_VALUE.test(value)) return `the value of label '${key}' is too long or not printable`;
  }
  return undefined;
}

export function nodeUri(id: string): string {
  return NODE_PREFIX + id;
}

export function labelsUri(labels: Labels): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return LABELS_PREFIX + new URLSearchParams(sorted).toString();
}

/** The node that a certificate's URIs name; undefined when they name none. */
export function nodeOfUris(uris: readonly string[]): { id: string; labels: Labels } | undefined {
  const ids = uris.filter((uri) => uri.startsWith(NODE_PREFIX)).map((uri) => uri.slice(NODE_PREFIX.length));
  const [id] = ids;
  if (id === undefined || ids.length > 1 || nodeIdProblem(id) !== undefined) return undefined;
  const labels = uris.find((uri) => uri.startsWith(LABELS_PREFIX))?.slice(LABELS_PREFIX.length) ?? "";
  return { id, labels: Object.fromEntries(new URLSearchParams(labels)) };
}
