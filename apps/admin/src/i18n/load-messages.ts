import { NAMESPACES } from "../messages/namespaces.ts";
import type { Locale } from "./locale.ts";

/** All texts of a language, by namespace. */
export async function loadMessages(locale: Locale): Promise<Record<string, Record<string, unknown>>> {
  const entries = await Promise.all(
    NAMESPACES.map(async (namespace) => {
      const file: { default: Record<string, unknown> } = await import(
        `../messages/${locale}/${namespace}.json`
      );
      return [namespace, file.default] as const;
    }),
  );
  return Object.fromEntries(entries);
}
