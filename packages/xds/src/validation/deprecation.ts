import { type DescEnumValue, type DescField, getOption, hasOption } from "@bufbuild/protobuf";
import {
  disallowed_by_default,
  disallowed_by_default_enum,
} from "../../gen/envoy/annotations/deprecation_pb.js";
import type { ConfigProblem } from "../config-problem.ts";

type Notice = Pick<ConfigProblem, "message" | "severity">;

/** What Envoy says about a field that is set: a warning while it is deprecated, a refusal once it is disallowed. */
export function deprecationOf(field: DescField): Notice | undefined {
  if (!field.deprecated) return undefined;
  const disallowed = hasOption(field, disallowed_by_default) && getOption(field, disallowed_by_default);
  return notice(`'${field.name}'`, disallowed);
}

/** The same for an enum's value. */
export function valueDeprecationOf(value: DescEnumValue): Notice | undefined {
  if (!value.deprecated) return undefined;
  const disallowed =
    hasOption(value, disallowed_by_default_enum) && getOption(value, disallowed_by_default_enum);
  return notice(`the value ${value.name}`, disallowed);
}

function notice(what: string, disallowed: boolean): Notice {
  return disallowed
    ? { severity: "error", message: `${what} is no longer allowed` }
    : { severity: "warning", message: `${what} is deprecated and will be removed` };
}
