import assert from "node:assert/strict";
import { test } from "node:test";
import { formatContext } from "./format-context-fixture.ts";
import { compileJsonFormat } from "./json-formatter.ts";
import type { FormatValue, OperatorTable } from "./operator.ts";

/** The line for `format`, in which `%V(name)%` is `values[name]`. */
function line(
  format: Record<string, unknown>,
  values: Record<string, FormatValue>,
  omitEmpty = false,
): string {
  const operators: OperatorTable = { V: (name) => () => values[name ?? ""] };
  const compiled = compileJsonFormat(format, "json_format", omitEmpty, operators);
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.value.format(formatContext({}));
}

test("keys are sorted, types are kept, what is missing is null, and the line ends", () => {
  assert.equal(
    line(
      {
        z: "%V(text)%",
        a: "%V(number)%",
        m: "%V(none)%",
        n: "%V(nan)%",
        mixed: "<%V(text)%%V(none)%>",
        fixed: true,
      },
      { text: "t", number: 12.5, nan: Number.NaN },
    ),
    '{"a":12.5,"fixed":true,"m":null,"mixed":"<t->","n":null,"z":"t"}\n',
  );
});

test("a length cuts texts alone, where an operator keeps its type", () => {
  assert.equal(
    line(
      {
        alone: '%COALESCE({"operators": ["RESPONSE_CODE"]}):2%',
        mixed: '<%COALESCE({"operators": ["RESPONSE_CODE"]}):2%>',
      },
      {},
    ),
    '{"alone":200,"mixed":"<20>"}\n',
  );
});

test("any text reads back as it was", () => {
  const texts = [
    ...Array.from({ length: 256 }, (_, code) => `a${String.fromCharCode(code)}b`),
    "",
    '","injected":"',
    "\\u0022",
    "\u2028\u2029é漢😀",
  ];
  for (const text of texts) {
    assert.deepEqual(JSON.parse(line({ 'k"ey': "%V(x)%" }, { x: text })), { 'k"ey': text });
  }
  // Half of a pair is no text that UTF-8 could carry.
  assert.equal(line({ k: "%V(x)%" }, { x: "\ud800" }), '{"k":"\\ud800"}\n');
});

test("octets are UTF-8, or are escaped one by one", () => {
  assert.equal(line({ k: "%V(x)%" }, { x: "\u00c3\u00a9\n\u007f" }), '{"k":"\u00c3\u00a9\\n\u007f"}\n');
  assert.equal(line({ k: "%V(x)%" }, { x: 'é"\n\u007f' }), '{"k":"\\u00e9\\u0022\\u000a\\u007f"}\n');
});

test("objects and lists nest, and omit_empty leaves out what is missing", () => {
  const format = { o: { deep: "%V(none)%", kept: "%V(x)%" }, l: ["%V(none)%", "%V(x)%", 3], e: "%V(none)%" };
  const values = { x: { tags: ["a"] } };
  assert.equal(
    line(format, values),
    '{"e":null,"l":[null,{"tags":["a"]},3],"o":{"deep":null,"kept":{"tags":["a"]}}}\n',
  );
  assert.equal(line(format, values, true), '{"l":[{"tags":["a"]},3],"o":{"kept":{"tags":["a"]}}}\n');
  assert.equal(line({ e: "%V(none)%" }, {}, true), "{}\n");
});
