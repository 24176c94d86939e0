import type { CelInput } from "@bufbuild/cel";
import { filterStateText } from "@sluice/matching";

/** An object of a filter state: the octets of its text, as in Envoy; what has no text is not there. */
export function filterStateAttribute(object: unknown): CelInput | undefined {
  const text = filterStateText(object);
  return text === undefined ? undefined : Buffer.from(text, "latin1");
}
