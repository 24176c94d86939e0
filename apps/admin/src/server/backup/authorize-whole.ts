import { authorize, type Context } from "@sluice/config";

/** A backup has everything in it, so whoever makes or restores one may manage everything. Throws `forbidden`. */
export async function authorizeWhole(context: Context, action: string): Promise<void> {
  for (const permission of ["settings.manage", "people.manage", "secret.manage"] as const)
    await authorize(context, { permission, action, subject: "appliance" });
}
