import { LOCALE_COOKIE, type Locale } from "../i18n/locale.ts";

/** Remembers the language for a year and draws the page in it. */
export function setLocale(locale: Locale): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not there over plain http
  document.cookie = `${LOCALE_COOKIE}=${locale}; path=/; max-age=31536000; samesite=lax`;
  window.location.reload();
}
