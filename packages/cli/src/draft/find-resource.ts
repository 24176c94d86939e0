import type { AppRouter } from "@sluice/admin/router";
import type { DraftResource, ResourceRef } from "@sluice/config";
import { TRPCClientError } from "@trpc/client";
import type { ApiClient } from "../api-client.ts";

/** A resource of the draft, or undefined when there is none of that name. */
export async function findResource(client: ApiClient, ref: ResourceRef): Promise<DraftResource | undefined> {
  try {
    return await client.draft.get.query(ref);
  } catch (error) {
    if (!(error instanceof TRPCClientError)) throw error;
    if ((error as TRPCClientError<AppRouter>).data?.config?.code !== "not_found") throw error;
    return undefined;
  }
}
