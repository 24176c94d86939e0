import type { Metadata } from "next";
import { loadMessages } from "./load-messages.ts";
import { requestLocale } from "./request-locale.ts";

/** A page's title in the user's language, from `shell.pages`. */
export async function pageTitle(id: string): Promise<Metadata> {
  const { shell } = await loadMessages(await requestLocale());
  const pages = shell?.pages as Readonly<Record<string, string>> | undefined;
  return { title: pages?.[id] ?? id };
}
