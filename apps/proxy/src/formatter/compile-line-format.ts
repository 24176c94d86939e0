import { type Compiled, refuse } from "@sluice/extension-api";
import type { SubstitutionFormatString } from "@sluice/xds/gen/envoy/config/core/v3/substitution_format_string_pb.js";
import type { FileAccessLog } from "@sluice/xds/gen/envoy/extensions/access_loggers/file/v3/file_pb.js";
import type { StdoutAccessLog } from "@sluice/xds/gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js";
import { readDataSource } from "../config-message/read-data-source.ts";
import { compileFormatters } from "./compile-formatters.ts";
import { compileSubstitutionFormat } from "./compile-substitution-format.ts";
import type { SubstitutionFormatter } from "./format-context.ts";
import { compileJsonFormat } from "./json-formatter.ts";

const FORMAT_BYTES_MAX = 1024 * 1024;

/** Envoy's default line. */
const DEFAULT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';

/** A file or stream logger's format, in any of its spellings. */
export function compileLineFormat(
  format: FileAccessLog["accessLogFormat"] | StdoutAccessLog["accessLogFormat"],
  path: string,
): Compiled<SubstitutionFormatter> {
  switch (format.case) {
    case undefined:
      return compileSubstitutionFormat(DEFAULT_FORMAT, path);
    case "format":
      return compileSubstitutionFormat(format.value, `${path}.format`);
    case "jsonFormat":
      return compileJsonFormat(format.value, `${path}.json_format`, false, {});
    case "typedJsonFormat":
      return compileJsonFormat(format.value, `${path}.typed_json_format`, false, {});
    case "logFormat":
      return compileFormatOctets(format.value, `${path}.log_format`);
  }
}

/** `SubstitutionFormatString` as text rather than octets. */
export function compileFormatString(
  format: SubstitutionFormatString,
  path: string,
): Compiled<SubstitutionFormatter> {
  const octets = compileFormatOctets(format, path);
  if (!octets.ok) return octets;
  return {
    ok: true,
    value: { format: (context) => Buffer.from(octets.value.format(context), "latin1").toString() },
  };
}

/** `SubstitutionFormatString` as a binary string. Text ends where it ends, JSON gets a newline. */
export function compileFormatOctets(
  format: SubstitutionFormatString,
  path: string,
): Compiled<SubstitutionFormatter> {
  const { omitEmptyValues } = format;
  const operators = compileFormatters(format.formatters, `${path}.formatters`);
  if (!operators.ok) return operators;
  const options = { omitEmptyValues, operators: operators.value };
  switch (format.format.case) {
    case "textFormat":
      return compileSubstitutionFormat(format.format.value, `${path}.text_format`, options);
    case "jsonFormat":
      return compileJsonFormat(
        format.format.value,
        `${path}.json_format`,
        omitEmptyValues,
        options.operators,
      );
    case "textFormatSource": {
      const at = `${path}.text_format_source`;
      const source = readDataSource(format.format.value, at, FORMAT_BYTES_MAX);
      return source.ok ? compileSubstitutionFormat(source.value.toString(), at, options) : source;
    }
    default:
      return refuse(path, "needs text_format or json_format");
  }
}
