import { readFileSync } from "node:fs";
import type { Compiled } from "@sluice/extension-api";
import type { SubstitutionFormatString } from "@sluice/xds/gen/envoy/config/core/v3/substitution_format_string_pb.js";
import type { FileAccessLog } from "@sluice/xds/gen/envoy/extensions/access_loggers/file/v3/file_pb.js";
import type { StdoutAccessLog } from "@sluice/xds/gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js";
import type { SubstitutionFormatter } from "./access-logger.ts";
import { compileSubstitutionFormat } from "./compile-substitution-format.ts";
import { compileJsonFormat } from "./json-formatter.ts";

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
      return compileJsonFormat(format.value, `${path}.json_format`, false);
    case "typedJsonFormat":
      return compileJsonFormat(format.value, `${path}.typed_json_format`, false);
    case "logFormat":
      return compileFormatString(format.value, `${path}.log_format`);
  }
}

/** `SubstitutionFormatString`; text ends where it ends, JSON gets a newline. */
export function compileFormatString(
  format: SubstitutionFormatString,
  path: string,
): Compiled<SubstitutionFormatter> {
  const omitEmptyValues = format.omitEmptyValues;
  switch (format.format.case) {
    case "textFormat":
      return compileSubstitutionFormat(format.format.value, `${path}.text_format`, { omitEmptyValues });
    case "jsonFormat":
      return compileJsonFormat(format.format.value, `${path}.json_format`, omitEmptyValues);
    case "textFormatSource": {
      const at = `${path}.text_format_source`;
      const source = format.format.value.specifier;
      if (source.case === "inlineString")
        return compileSubstitutionFormat(source.value, at, { omitEmptyValues });
      if (source.case === "inlineBytes") {
        return compileSubstitutionFormat(Buffer.from(source.value).toString(), at, { omitEmptyValues });
      }
      if (source.case === "filename") {
        try {
          return compileSubstitutionFormat(readFileSync(source.value, "utf8"), at, { omitEmptyValues });
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          return { ok: false, problems: [{ path: at, message, severity: "error" }] };
        }
      }
      return {
        ok: false,
        problems: [{ path: at, message: "this source is not implemented", severity: "error" }],
      };
    }
    default:
      return {
        ok: false,
        problems: [{ path, message: "needs text_format or json_format", severity: "error" }],
      };
  }
}
