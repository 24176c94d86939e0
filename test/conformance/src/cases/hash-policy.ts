import { endpoint, httpBootstrap } from "../bootstrap.ts";
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

/** A consistent cluster over the upstreams, its hosts known by a key: ports differ from run to run. */
function consistent(name: string, policy: string, hashing: string, upstreams: readonly string[]): string {
  const host = (key: string, port: string): string =>
    endpoint(port, `, metadata: { filter_metadata: { envoy.lb: { hash_key: ${key} } } }`);
  return `
- name: ${name}
  type: STATIC
  lb_policy: ${policy}
  ${hashing}
  load_assignment:
    cluster_name: ${name}
    endpoints: [{ lb_endpoints: [${upstreams.map((each) => host(each, `{{${each}}}`)).join(", ")}] }]`;
}

const BOTH = ["upstream", "upstream2"];

const COOKIES: Record<string, string> = {
  plain: "{ name: plain, ttl: 0s }",
  lasting: "{ name: lasting, ttl: 3600.5s, path: /lasting }",
  attributes:
    "{ name: attributes, ttl: 1s, attributes: [{ name: SameSite, value: Strict }, { name: Secure }, { name: HttpOnly }] }",
  unasked: "{ name: unasked }",
};

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
  {
    title: "consistent clusters pick the host by the hash of the hash policy",
    yaml: httpBootstrap({
      clusters:
        consistent("ring", "RING_HASH", "ring_hash_lb_config: { minimum_ring_size: 64 }", BOTH) +
        consistent("maglev", "MAGLEV", "maglev_lb_config: { table_size: 251 }", BOTH),
      routes: ["ring", "maglev"]
        .map(
          (cluster) =>
            `- { match: { prefix: /${cluster} }, route: { cluster: ${cluster}, hash_policy: [{ header: { header_name: x-user } }] } }`,
        )
        .join("\n"),
    }),
    requests: [
      ...askedBy((value) => [["x-user", value]], "/ring"),
      ...askedBy((value) => [["x-user", value]], "/maglev"),
    ],
  },
  {
    title: "a cookie hash policy sets the cookie where the client has none",
    yaml: httpBootstrap({
      // One host: where a made cookie leads depends on the ports of the connection.
      clusters: consistent("ring", "RING_HASH", "ring_hash_lb_config: { minimum_ring_size: 64 }", [
        "upstream",
      ]),
      routes: Object.entries(COOKIES)
        .map(
          ([name, cookie]) =>
            `- { match: { prefix: /${name} }, route: { cluster: ring, hash_policy: [{ cookie: ${cookie} }] } }`,
        )
        .join("\n"),
    }),
    observe: async ({ send }) => {
      const seen: unknown[] = [];
      for (const name of Object.keys(COOKIES)) {
        const { fields } = await send({ path: `/${name}` });
        const made = fields.filter(([key]) => key === "set-cookie").map(([, value]) => value);
        // The value is made of the connection's ports.
        seen.push(made.map((cookie) => cookie.replace(/"[0-9a-f]{1,16}"/, '"…"')));
        const sent = await send({ path: `/${name}`, headers: [["cookie", `${name}=given`]] });
        seen.push([sent.body, sent.fields.filter(([key]) => key === "set-cookie")]);
      }
      return seen;
    },
  },
];
