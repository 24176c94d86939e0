import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { AccessLogFilterSchema } from "@sluice/xds/gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { TypedExtensionConfigSchema } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import {
  type ExpressionFilter,
  ExpressionFilterSchema,
} from "@sluice/xds/gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js";
import { CelSchema } from "@sluice/xds/gen/envoy/extensions/formatter/cel/v3/cel_pb.js";
import { compileAccessLogFilter } from "../access-log/compile-access-log-filter.ts";
import { systemRandom } from "../event/system-time.ts";
import { RuntimeSnapshot } from "../runtime/runtime-snapshot.ts";
import { compileFormatters } from "./compile-formatters.ts";
import { compileSubstitutionFormat } from "./compile-substitution-format.ts";
import { formatContext } from "./format-context-fixture.ts";
import { compileJsonFormat } from "./json-formatter.ts";

const CONTEXT = formatContext({ request: { ":path": "/a", "x-a": "one" } });

function line(text: string, config?: JsonObject): string {
  const formatters = compileFormatters(
    config === undefined
      ? []
      : [
          create(TypedExtensionConfigSchema, {
            name: "cel",
            typedConfig: anyPack(CelSchema, fromJson(CelSchema, config)),
          }),
        ],
    "formatters",
  );
  assert.ok(formatters.ok, JSON.stringify(formatters));
  const compiled = compileSubstitutionFormat(text, "format", { operators: formatters.value });
  return compiled.ok
    ? compiled.value.format(CONTEXT)
    : compiled.problems.map(({ message }) => message).join();
}

describe("%CEL(…)% and %TYPED_CEL(…)%", () => {
  it("print as Envoy prints values, and - for what fails", () => {
    assert.equal(line("%CEL(request.path)% %CEL(request.nosuch)% %CEL(duration('90s'))%"), "/a - 1m30s");
    assert.equal(
      line("%TYPED_CEL(duration('90s'))% %TYPED_CEL([1])% %CEL('abc'):2%"),
      "1m30s CelList value ab",
    );
  });

  it("are texts and typed values in JSON", () => {
    const format = {
      c: "%CEL(1)%",
      d: "%TYPED_CEL(1)%",
      e: "%TYPED_CEL({'a': [1.5]})%",
      f: "%TYPED_CEL(nosuch)%",
    };
    const compiled = compileJsonFormat(format, "json", false, {});
    assert.ok(compiled.ok);
    assert.equal(compiled.value.format(CONTEXT), '{"c":"1","d":1,"e":{"a":[1.5]},"f":null}\n');
  });

  it("refuse what is no expression", () => {
    assert.match(line("%CEL(nosuch())%"), /No overload found in reference resolve step for nosuch/);
    assert.match(line("%CEL%"), /Not able to parse expression/);
  });

  it("have the functions that their formatter's configuration names", () => {
    assert.match(line("%CEL(string(1))%"), /for string/);
    const config = { celConfig: { enableStringConversion: true, enableStringConcat: true } };
    assert.equal(line("%CEL(string(1) + 'a')%", config), "1a");
  });
});

describe("the expression filter of access logs", () => {
  const compile = (fields: Partial<Pick<ExpressionFilter, "expression">>) =>
    compileAccessLogFilter(
      create(AccessLogFilterSchema, {
        filterSpecifier: {
          case: "extensionFilter",
          value: {
            name: "cel",
            configType: {
              case: "typedConfig",
              value: anyPack(ExpressionFilterSchema, create(ExpressionFilterSchema, fields)),
            },
          },
        },
      }),
      "filter",
      { random: systemRandom, runtime: new RuntimeSnapshot() },
    );

  it("logs what its expression is true of", () => {
    for (const [expression, expected] of [
      ["response.code == 200", true],
      ["response.code == 404", false],
      ["request.nosuch == 1", false],
      ["response.code", false],
    ] as const) {
      const compiled = compile({ expression });
      assert.ok(compiled.ok, JSON.stringify(compiled));
      assert.equal(compiled.value(CONTEXT), expected, expression);
    }
  });

  it("is refused where it has no expression", () => {
    const compiled = compile({});
    assert.ok(!compiled.ok);
    assert.equal(compiled.problems[0]?.path, "filter.extension_filter.typed_config.expression");
  });
});
