import type { StreamInfo } from "@sluice/extension-api";
import { filterStateText } from "@sluice/matching";
import { HashableText } from "../filter-state/hashable-text.ts";

/** `filter_state_objects_to_log`: the text under a key; objects of other kinds have no form in which they could be logged. */
export function loggedFilterState(streamInfo: StreamInfo, key: string): string | undefined {
  const value: unknown = streamInfo.filterState.get(key);
  return typeof value === "string" || value instanceof HashableText ? filterStateText(value) : undefined;
}
