import { httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

/** A route whose cluster, one of two of equal weight, is drawn by the hash of `policies`. */
function drawn(name: string, policies: string): string {
  return `
- match: { path: /${name} }
  response_headers_to_add: [{ header: { key: x-route, value: ${name} } }]
  route:
    hash_policy: ${policies}
    weighted_clusters:
      use_hash_policy: true
      clusters: [{ name: one, weight: 50 }, { name: two, weight: 51 }]`;
}

const ROUTES: Record<string, string> = {
  header: "[{ header: { header_name: X-User } }]",
  rewritten:
    '[{ header: { header_name: x-user, regex_rewrite: { pattern: { regex: "^u([0-9])" }, substitution: "\\\\1-" } } }]',
  query: "[{ query_parameter: { name: key } }]",
  cookie: "[{ cookie: { name: session } }]",
  twice: "[{ header: { header_name: x-user } }, { header: { header_name: x-user } }]",
  mixed: "[{ header: { header_name: x-user } }, { cookie: { name: session } }]",
  terminal: "[{ header: { header_name: x-user }, terminal: true }, { cookie: { name: session } }]",
  source: "[{ connection_properties: { source_ip: true } }, { header: { header_name: x-user } }]",
};

const VALUES = Array.from({ length: 12 }, (_, i) => `u${i}-${"x".repeat(i * 4)}`);

function askedBy(
  fields: (value: string) => readonly (readonly [string, string])[],
  path: string,
): CaseRequest[] {
  return VALUES.map((value) => ({
    path: path.replace("$", encodeURIComponent(value)),
    headers: fields(value).map(([name, text]) => [name, text]),
  }));
}

export const HASH_POLICY_CASES: readonly ConformanceCase[] = [
  {
    title: "weighted clusters are drawn by the hash of the hash policy",
    yaml: httpBootstrap({
      routes: Object.entries(ROUTES)
        .map(([name, policies]) => drawn(name, policies))
        .join(""),
    }),
    requests: [
      ...askedBy((value) => [["x-user", value]], "/header"),
      ...askedBy(
        (value) => [
          ["x-user", value],
          ["x-user", "b"],
          ["x-user", "a"],
        ],
        "/header",
      ),
      ...askedBy((value) => [["x-user", value]], "/rewritten"),
      ...askedBy(() => [], "/query?a=1&key=$&key=2"),
      ...askedBy(() => [], "/query?key=%20$"),
      ...askedBy((value) => [["cookie", `a=b; session=${value}`]], "/cookie"),
      ...askedBy((value) => [["cookie", `session="${value}"`]], "/cookie"),
      ...askedBy((value) => [["x-user", value]], "/twice"),
      ...askedBy(
        (value) => [
          ["x-user", value],
          ["cookie", `session=${value}`],
        ],
        "/mixed",
      ),
      ...askedBy(
        (value) => [
          ["x-user", "constant"],
          ["cookie", `session=${value}`],
        ],
        "/mixed",
      ),
      ...askedBy((value) => [["cookie", `session=${value}`]], "/terminal"),
      ...askedBy(
        (value) => [
          ["x-user", "constant"],
          ["cookie", `session=${value}`],
        ],
        "/terminal",
      ),
      ...askedBy((value) => [["x-user", value]], "/source"),
    ],
  },
];
