import { headers } from "next/headers";
import { APPLIANCE_HEADER } from "../server/http/appliance-header.ts";

/** Name and time zone of the appliance; empty for who is not signed in. */
export async function readAppliance(): Promise<{ readonly name: string; readonly timeZone: string }> {
  const text = (await headers()).get(APPLIANCE_HEADER);
  return text === null ? { name: "", timeZone: "" } : JSON.parse(decodeURIComponent(text));
}
