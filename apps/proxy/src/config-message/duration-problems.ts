import type { DescMessage, Message } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import type { Problem } from "@sluice/extension-api";
import { findMessages } from "./find-messages.ts";

/** As many as an Envoy can tell in nanoseconds. */
const SECONDS_MAX = 9_223_372_036n;

/** What the schema's rules let pass and Envoy does not, in its words: less than nothing, and centuries. */
function durationFault({ seconds, nanos }: Duration): string | undefined {
  if (seconds < 0n || nanos < 0) return "Expected positive duration";
  return seconds > SECONDS_MAX || nanos > 999_999_999 ? "Duration out-of-range" : undefined;
}

/** Of durations by the names of their fields below `path`, which may be "". */
export function durationProblems(
  durations: Readonly<Record<string, Duration | undefined>>,
  path: string,
): Problem[] {
  return Object.entries(durations).flatMap(([field, duration]) =>
    duration === undefined ? [] : problemsAt(path === "" ? field : `${path}.${field}`, duration),
  );
}

/** Of every duration in a message, for those all of whose times Envoy holds to these bounds; not within extensions. */
export function durationProblemsIn(schema: DescMessage, message: Message, path = ""): Problem[] {
  return findMessages(schema, message, DurationSchema, { path, withinExtensions: false }).flatMap((found) =>
    problemsAt(found.path, found.message),
  );
}

function problemsAt(path: string, duration: Duration): Problem[] {
  const message = durationFault(duration);
  return message === undefined ? [] : [{ path, message, severity: "error" }];
}
