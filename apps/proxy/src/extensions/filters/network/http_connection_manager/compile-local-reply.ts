import { type Compiled, type Problem, refuse } from "@sluice/extension-api";
import type { SubstitutionFormatString } from "@sluice/xds/gen/envoy/config/core/v3/substitution_format_string_pb.js";
import type {
  LocalReplyConfig,
  ResponseMapper,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { compileAccessLogFilter } from "../../../../access-log/compile-access-log-filter.ts";
import { readDataSource } from "../../../../config-message/read-data-source.ts";
import { compileFormatOctets } from "../../../../formatter/compile-line-format.ts";
import {
  type BodyFormat,
  LocalReplyMapper,
  type LocalReplyMapping,
} from "../../../../http-connection-manager/local-reply-mapper.ts";
import { compileHeaderMutations } from "../../../../route/header-mutations.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";

const BODY_BYTES_MAX = 1024 * 1024;

/** `local_reply_config`; `undefined`: replies stay as they are. */
export function compileLocalReply(
  config: LocalReplyConfig | undefined,
  path: string,
  worker: WorkerContext,
): Compiled<LocalReplyMapper | undefined> {
  if (config === undefined) return { ok: true, value: undefined };
  const problems: Problem[] = [];
  const mappings = config.mappers.flatMap((mapper, i) => {
    const mapping = compileMapping(mapper, `${path}.mappers[${i}]`, worker);
    if (mapping.ok) return [mapping.value];
    problems.push(...mapping.problems);
    return [];
  });
  const format = compileBodyFormat(config.bodyFormat, `${path}.body_format`);
  if (!format.ok) problems.push(...format.problems);
  if (problems.length > 0 || !format.ok) return { ok: false, problems };
  return { ok: true, value: new LocalReplyMapper(mappings, format.value) };
}

function compileMapping(
  mapper: ResponseMapper,
  path: string,
  worker: WorkerContext,
): Compiled<LocalReplyMapping> {
  const condition =
    mapper.filter === undefined
      ? refuse(`${path}.filter`, "a filter is required")
      : compileAccessLogFilter(mapper.filter, `${path}.filter`, worker);
  const body =
    mapper.body === undefined
      ? ({ ok: true, value: undefined } as const)
      : readDataSource(mapper.body, `${path}.body`, BODY_BYTES_MAX);
  const format = compileBodyFormat(mapper.bodyFormatOverride, `${path}.body_format_override`);
  const headers = compileHeaderMutations(mapper.headersToAdd, [], path, "headers");
  const problems = [condition, body, format, headers].flatMap((part) => (part.ok ? [] : part.problems));
  if (!condition.ok || !body.ok || !format.ok || !headers.ok) return { ok: false, problems };
  return {
    ok: true,
    value: {
      condition: condition.value,
      status: mapper.statusCode,
      body: body.value?.toString("latin1"),
      format: format.value,
      headers: headers.value,
    },
  };
}

function compileBodyFormat(
  format: SubstitutionFormatString | undefined,
  path: string,
): Compiled<BodyFormat | undefined> {
  if (format === undefined) return { ok: true, value: undefined };
  const formatter = compileFormatOctets(format, path);
  if (!formatter.ok) return formatter;
  const json = format.format.case === "jsonFormat";
  const contentType =
    format.contentType === "" ? (json ? "application/json" : "text/plain") : format.contentType;
  return { ok: true, value: { formatter: formatter.value, contentType } };
}
