import { fromBinaryString } from "@sluice/matching";

/** The text that octets stand for; octets that are no UTF-8 stay characters of their own. */
export function toText(binary: string): string {
  return fromBinaryString(binary) ?? binary;
}
