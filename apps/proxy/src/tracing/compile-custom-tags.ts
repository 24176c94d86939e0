import type { Compiled, Problem } from "@sluice/extension-api";
import {
  type CustomTag,
  type CustomTag_Metadata,
  CustomTag_ValueType,
} from "@sluice/xds/gen/envoy/type/tracing/v3/custom_tag_pb.js";
import { compileProviders } from "../formatter/compile-substitution-format.ts";
import type { MetadataSource } from "../formatter/format-context.ts";
import { readMetadata } from "../formatter/metadata-operators.ts";
import type { ValueProvider } from "../formatter/operator.ts";

export type CompiledTag = readonly [tag: string, value: readonly (string | ValueProvider)[]];

/** `undefined` kinds are requests'. */
function metadataTag({ kind, metadataKey, defaultValue }: CustomTag_Metadata): ValueProvider {
  const source = METADATA_KINDS[kind?.kind.case ?? "request"];
  const keys = (metadataKey?.path ?? []).map(({ segment }) => String(segment.value ?? ""));
  const namespace = metadataKey?.key ?? "";
  return (context) =>
    readMetadata(context, source, namespace, keys) ?? (defaultValue === "" ? undefined : defaultValue);
}

const METADATA_KINDS = {
  request: "DYNAMIC",
  route: "ROUTE",
  cluster: "CLUSTER",
  host: "UPSTREAM_HOST",
} as const satisfies Record<string, MetadataSource>;

/** Custom tags of access logs and spans: literal, environment, request header, or a format string. */
export function compileCustomTags(
  tags: readonly CustomTag[],
  path: string,
): Compiled<readonly CompiledTag[]> {
  const problems: Problem[] = [];
  const compiled: CompiledTag[] = [];
  tags.forEach(({ tag, type, valueType }, index) => {
    const at = `${path}[${index}]`;
    if (valueType > CustomTag_ValueType.STRING) {
      problems.push({
        path: `${at}.value_type`,
        message: "only values of the type STRING are implemented",
        severity: "error",
      });
      return;
    }
    switch (type.case) {
      case "literal":
        compiled.push([tag, [type.value.value]]);
        return;
      case "environment":
        compiled.push([tag, [process.env[type.value.name] ?? type.value.defaultValue]]);
        return;
      case "requestHeader": {
        const name = type.value.name.toLowerCase();
        const { defaultValue } = type.value;
        compiled.push([tag, [({ request }) => request?.get(name) ?? defaultValue]]);
        return;
      }
      case "value": {
        const parts = compileProviders(type.value, `${at}.value`);
        if (parts.ok) compiled.push([tag, parts.value]);
        else problems.push(...parts.problems);
        return;
      }
      case "metadata":
        compiled.push([tag, [metadataTag(type.value)]]);
        return;
      default:
        problems.push({
          path: at,
          message: `custom tag '${tag}': ${type.case ?? "no type"} is not implemented`,
          severity: "error",
        });
    }
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: compiled };
}
