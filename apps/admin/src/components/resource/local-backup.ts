import type { DraftBackup } from "./draft-session.ts";

/** In the browser's own storage, so that it outlives a reload, a crash and a sign-out. */
export function localBackup(key: string): DraftBackup {
  const name = `sluice.draft.${key}`;
  return {
    read() {
      try {
        const kept: unknown = JSON.parse(localStorage.getItem(name) ?? "null");
        if (typeof kept !== "object" || kept === null || !("text" in kept) || !("revision" in kept))
          return undefined;
        const { text, revision } = kept;
        return typeof text === "string" && typeof revision === "number" ? { text, revision } : undefined;
      } catch {
        return undefined;
      }
    },
    write(text, revision) {
      try {
        localStorage.setItem(name, JSON.stringify({ text, revision }));
      } catch {
        // The storage is full or forbidden; the text is still on the screen.
      }
    },
    clear() {
      localStorage.removeItem(name);
    },
  };
}
