import { httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const NUMBERS =
  `0 -0 1 -1 0.1 1.5 99999 100000 -100000 120000 1200000 12000000 4000000000 4000000001 1e15 1e16 1e17 123456789012345678 1e20 1e21 1e22
1.5e22 123456789012345678901234567890 1.5e300 1.7976931348623157e308 5e-324 0.001 0.0001 0.00012 0.000123 0.00001 1.5e-7 123.456 0.3333333333333333
9007199254740993 18446744073709551615 3.14159265358979 1e100 2147483648 999999.5 1e5 1e-10 100000.5 0.0012345678901234567 inf -inf nan`.split(
    /\s+/,
  );

const log = (format: string): string =>
  `- name: log
  typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: "{{dir}}/access.log", log_format: { ${format} } }`;
const OPERATORS = [
  "BYTES_SENT",
  "CEL(100000)",
  "CEL(100000.0)",
  "CEL(response.size)",
  "CEL({'a': 100000, 'b': [100000.0]})",
  "DYNAMIC_METADATA(a:num)",
  "DYNAMIC_METADATA(a)",
  "METADATA(DYNAMIC:a:num)",
  "DYNAMIC_METADATA(a:num):3",
];

export const METADATA_NUMBER_CASES: readonly ConformanceCase[] = [
  {
    title: "numbers of metadata are printed in their shortest form, in text, JSON and headers",
    yaml: httpBootstrap({
      hcm: `access_log:
${log(`text_format_source: { inline_string: "${OPERATORS.map((one) => `%${one}%`).join(" ")}\\n" }`)}
${log(`json_format: { ${OPERATORS.map((one, at) => `k${at}: "%${one}%", t${at}: "x%${one}%"`).join(", ")} }`)}`,
      httpFilters: `- name: numbers
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config
    request_rules: [{ header: x-number, on_header_present: { metadata_namespace: a, key: num, type: NUMBER } }]
- name: router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`,
      routes: `- match: { prefix: / }
  route: { cluster: one }
  request_headers_to_add: [{ header: { key: x-printed, value: "%DYNAMIC_METADATA(a:num)% %DYNAMIC_METADATA(a)%" } }]`,
    }),
    reply: { body: "a".repeat(100_000) },
    requests: NUMBERS.map((number) => ({ path: "/", headers: [["x-number", number]] })),
    accessLog: { file: "access.log", lines: 2 * NUMBERS.length },
  },
];
