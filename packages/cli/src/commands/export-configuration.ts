import type { ApiClient } from "../api-client.ts";

/** The draft, a version, or (undefined) the live version, as a bootstrap. */
export function exportConfiguration(client: ApiClient, what: "draft" | number | undefined) {
  return what === "draft"
    ? client.transfer.exportDraft.query()
    : client.transfer.exportVersion.query({ version: what });
}
