import type { CommandKit } from "../command-kit.ts";
import { addDraftChanges } from "../draft/change-commands.ts";
import { addDraftEdit } from "../draft/edit-command.ts";
import { addDraftReads } from "../draft/read-commands.ts";

/** draft status, list, show, uses; put, patch, edit, remove, reset, first-route. */
export function addDraft(kit: CommandKit): void {
  const draft = kit.command(
    "draft",
    "what is being changed and is not live yet: look at it, and change one resource at a time",
  );
  addDraftReads(kit, draft);
  addDraftChanges(kit, draft);
  addDraftEdit(kit, draft);
}
