import { type HeaderCase, PROPER_CASE } from "./header-case.ts";

/** `header_key_format` as plain data, so that it can cross threads. */
export type HeaderSpelling =
  | { readonly kind: "lower" }
  | { readonly kind: "proper" }
  | {
      readonly kind: "preserve";
      /** The reason phrase of a response is kept too. */
      readonly forwardReasonPhrase: boolean;
      /** Names that the peer did not send are proper-cased rather than in lower case. */
      readonly othersProper: boolean;
    };

export const LOWER_CASE: HeaderSpelling = { kind: "lower" };

/** How a codec spells messages that have no spelling of their own; undefined: in lower case. */
export function writtenCase(spelling: HeaderSpelling): HeaderCase | undefined {
  return spelling.kind === "proper" ? PROPER_CASE : undefined;
}
