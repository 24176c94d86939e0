import { RawHttp2Client } from "@sluice/harness";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";
import { askListeners, type ListenerParts, listenersBootstrap } from "../many-listeners.ts";

const ACTIONS = ["KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD"];
const PATHS =
  `/ // /// //a /a//b /a// //..;/ /..;/ /a/..;/b /a;x/..;y/b /..;//b /a/.;/b /;/ /;a//..;b/ /;?q;/.. /a;/../b
/%2f /%2F /a%2fb /a%2f%2fb /a%5cb /a%5Cb /%5c%2f /a\\b \\a /\\ /a\\..\\b /a/..%2fb /a%2f..%2fb /a/%2e%2e/b /a/%2e./b /a/.%2E;/b
/..%2f /..%5cb /a/../.. /a/./b /a/. /a/.. /%2e /%2e%2e /%252f /%25%32f /a?b%2fc /a?//b /a?b#c /a#b /#/.. /a#//b /a%23b /a%3fb%2f
/a\\..;x/b /a/..;x\\b /a/..;x\\..\\b /a/..; /a/..;x?y /a/%2e%2e;x/b /a/..;/..;/b /a/...;/b /a/.; /..; /.;x /a/.;.;/b /a/..;..;/b /a/..;%2fb /a/;../b /a/..;;/b /a/.%2e;/b
//a//../b /a//..//b /a/b/../../../c /..a /a.. /a/... //../ //.. /a//. /a/.;/ /%2f/ /%2f..;%2f /a;%2fb /a%3b/..`.split(
    /\s+/,
  );

const ECHO = `- match: { prefix: / }
  direct_response: { status: 200, body_format: { text_format_source: { inline_string: "%REQ(:path)% %REQ(x-envoy-original-path)% %REQ(:scheme)% %REQ(x-forwarded-proto)%" } } }`;

const pathListeners: Readonly<Record<string, ListenerParts>> = Object.fromEntries(
  ACTIONS.flatMap((action) =>
    ["false", "true"].flatMap((normal) =>
      ["false", "true"].map((merge) => [
        action === "KEEP_UNCHANGED" && normal === "false" && merge === "false"
          ? "main"
          : `${action}-${normal}-${merge}`,
        {
          routes: ECHO,
          hcm: `path_with_escaped_slashes_action: ${action}\nnormalize_path: ${normal}\nmerge_slashes: ${merge}`,
        },
      ]),
    ),
  ),
);

const SCHEMES = ["http", "https", "http,http", "https,http", "HTTP", "Https", "ftp", "a!b", "1x", "x+y-z."];
const PROTOS: readonly (string | undefined)[] = [
  undefined,
  "",
  "http",
  "https",
  "HTTPS",
  "ftp",
  "http,http",
  "https, http",
];
const TRANSFORMATIONS = [
  "",
  "{ scheme_to_overwrite: http }",
  "{ scheme_to_overwrite: https }",
  "{ match_upstream: true }",
];
const schemeListeners: Readonly<Record<string, ListenerParts>> = Object.fromEntries(
  TRANSFORMATIONS.flatMap((one, at) =>
    (at === 0 ? ["false", "true"] : ["true"]).map((remote) => [
      at === 0 && remote === "false" ? "main" : `${at}-${remote}`,
      {
        routes: ECHO,
        hcm: `use_remote_address: ${remote}
delayed_close_timeout: 0.02s
path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT
${one === "" ? "" : `scheme_header_transformation: ${one}`}`,
      },
    ]),
  ),
);

/** Each scheme and x-forwarded-proto, on a connection for each scheme, which some of them cost it. */
async function askBySchemes({ proxy }: Target): Promise<unknown> {
  const seen: Record<string, unknown> = {};
  for (const name of Object.keys(schemeListeners))
    for (const scheme of SCHEMES) {
      const client = await RawHttp2Client.connect(await proxy.listenerPort(name));
      try {
        let id = -1;
        for (const proto of PROTOS)
          for (const path of ["/a", "/a%2fb"]) {
            id += 2;
            client.headers(id, [
              [":method", "GET"],
              [":scheme", scheme],
              [":path", path],
              [":authority", "a.test"],
              ...(proto === undefined ? [] : [["x-forwarded-proto", proto] as const]),
            ]);
            const outcome = await client.outcome(id);
            seen[`${name} ${scheme} ${proto} ${path}`] = [outcome?.status, outcome?.body, outcome?.reset];
          }
      } finally {
        client.destroy();
      }
    }
  return seen;
}

const APPENDS = [
  "APPEND_IF_EXISTS_OR_ADD",
  "ADD_IF_ABSENT",
  "OVERWRITE_IF_EXISTS_OR_ADD",
  "OVERWRITE_IF_EXISTS",
];
const ANSWERS: Readonly<Record<string, string>> = {
  dead: "route: { cluster: dead }",
  direct: "direct_response: { status: 404, body: { inline_string: direct } }",
  empty: "direct_response: { status: 200 }",
  formatted:
    "direct_response: { status: 200, body_format: { text_format_source: { inline_string: f }, content_type: text/f } }",
  moved: "redirect: { host_redirect: b.test }",
  up: "route: { cluster: one }",
  typed: "route: { cluster: one }",
};
const typeRoutes = APPENDS.flatMap((append) =>
  Object.entries(ANSWERS).flatMap(([name, action]) =>
    ["text/a", ""].map(
      (value) => `- match: { prefix: "/${append}/${name}/${value}/" }
  ${action}
  response_headers_to_add: [{ header: { key: content-type, value: "${value}" }, append_action: ${append}, keep_empty_value: true }]`,
    ),
  ),
).join("\n");
const FORMATS: Readonly<Record<string, string>> = {
  main: "",
  text: `local_reply_config: { body_format: { text_format_source: { inline_string: "t %LOCAL_REPLY_BODY%" } } }`,
  json: `local_reply_config: { body_format: { json_format: { b: "%LOCAL_REPLY_BODY%" } } }`,
  typed: `local_reply_config: { body_format: { text_format_source: { inline_string: "t %LOCAL_REPLY_BODY%" }, content_type: text/own } }`,
  ...Object.fromEntries(
    APPENDS.map((append) => [
      `mapped-${append}`,
      `local_reply_config:
  mappers:
  - filter: { status_code_filter: { comparison: { op: GE, value: { default_value: 200, runtime_key: gen.none } } } }
    headers_to_add: [{ header: { key: content-type, value: text/mapped }, append_action: ${append} }]`,
    ]),
  ),
};

/** Every combination of a few settings and many values. */
export const SWEEP_CASES: readonly ConformanceCase[] = [
  {
    title: "paths of all kinds, however they are to be normalised, merged and unescaped",
    yaml: listenersBootstrap(pathListeners),
    observe: (target) =>
      askListeners(
        target,
        Object.keys(pathListeners),
        PATHS.map((path) => ({ path })),
      ),
  },
  {
    title: "schemes and x-forwarded-proto of all kinds over HTTP/2, with every transformation of the scheme",
    yaml: listenersBootstrap(schemeListeners),
    observe: askBySchemes,
  },
  {
    title: "x-forwarded-proto of all kinds over HTTP/1, with every transformation of the scheme",
    yaml: listenersBootstrap(schemeListeners),
    observe: (target) =>
      askListeners(
        target,
        Object.keys(schemeListeners),
        PROTOS.flatMap((proto) =>
          ["/a", "/a%2fb", "http://a.test/a%2fb", "https://a.test/a"].map(
            (path): CaseRequest => ({
              path,
              headers: proto === undefined ? [] : [["x-forwarded-proto", proto]],
            }),
          ),
        ),
      ),
  },
  {
    title: "a route's content-type by every append action, beside those of answers of all kinds",
    yaml: listenersBootstrap(
      Object.fromEntries(Object.entries(FORMATS).map(([name, hcm]) => [name, { hcm, routes: typeRoutes }])),
    ),
    reply: ({ target }) => ({
      body: "one",
      headers: target.includes("/typed/") ? [["content-type", "text/up"]] : [],
    }),
    ignoreUpstream: true,
    observe: (target) =>
      askListeners(
        target,
        Object.keys(FORMATS),
        APPENDS.flatMap((append) =>
          Object.keys(ANSWERS).flatMap((name) =>
            ["text/a", ""].map((value) => ({ path: `/${append}/${name}/${value}/` })),
          ),
        ),
      ),
  },
];
