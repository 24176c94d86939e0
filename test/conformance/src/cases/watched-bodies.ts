import { waitFor } from "@sluice/harness";
import { httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { replaceFile } from "../xds-files.ts";

const file = (name: string): string =>
  `{ filename: "{{dir}}/${name}", watched_directory: { path: "{{dir}}" } }`;

export const WATCHED_BODY_CASES: readonly ConformanceCase[] = [
  {
    title: "a direct response's body follows its file, and other files of configuration do not",
    files: { body: "first", long: "first", mapped: "first", format: "%LOCAL_REPLY_BODY% first" },
    yaml: httpBootstrap({
      routeConfig: `name: local
max_direct_response_body_size_bytes: 10
virtual_hosts:
- name: all
  domains: ["*"]
  routes:
  - { match: { path: "/plain" }, direct_response: { status: 200, body: ${file("body")} } }
  - { match: { path: "/formatted" }, direct_response: { status: 200, body: ${file("body")}, body_format: { text_format_source: { inline_string: "<%LOCAL_REPLY_BODY%>" } } } }
  - { match: { path: "/long" }, direct_response: { status: 200, body: ${file("long")} } }
  - { match: { path: "/mapped" }, direct_response: { status: 418 } }
  - { match: { path: "/format" }, direct_response: { status: 419, body: { inline_string: x } } }`,
      hcm: `local_reply_config:
  mappers:
  - { filter: { status_code_filter: { comparison: { op: EQ, value: { default_value: 418, runtime_key: a } } } }, body: ${file("mapped")} }
  - { filter: { status_code_filter: { comparison: { op: EQ, value: { default_value: 419, runtime_key: a } } } }, body_format_override: { text_format_source: ${file("format")} } }`,
    }),
    observe: async (target) => {
      const all = async (): Promise<string[]> => {
        const bodies = [];
        for (const path of ["/plain", "/formatted", "/long", "/mapped", "/format"])
          bodies.push((await target.send({ path })).body);
        return bodies;
      };
      const before = await all();
      for (const [name, text] of [
        ["mapped", "second"],
        ["format", "second"],
        ["long", "much too long"],
        ["body", "second"],
      ] as const)
        await replaceFile(target.proxy, name, text);
      await waitFor("the body", async () => (await target.send({ path: "/plain" })).body === "second");
      return [before, await all()];
    },
  },
];
