export const TIME_ZONE_COOKIE = "sluice_time_zone";

/** The zone that a cookie names; undefined for what is none. */
export function readTimeZone(text: string | undefined): string | undefined {
  if (!text) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
