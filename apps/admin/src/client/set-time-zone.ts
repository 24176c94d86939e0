import { TIME_ZONE_COOKIE } from "../i18n/time-zone.ts";

/** Remembers the zone for a year and draws the page in it; "": the browser's own. */
export function setTimeZone(zone: string): void {
  const age = zone === "" ? 0 : 31_536_000;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not there over plain http
  document.cookie = `${TIME_ZONE_COOKIE}=${zone}; path=/; max-age=${age}; samesite=lax`;
  window.location.reload();
}
