import { type Context, getResource, putResource, type ResourceKind } from "@sluice/config";

/** Puts a resource into the draft, over the one of that name where there is one. */
export async function putByName(
  context: Context,
  kind: ResourceKind,
  name: string,
  yaml: string,
): Promise<void> {
  const found = await getResource(context, { kind, name }).catch(() => undefined);
  const revision = found === undefined ? {} : { name, expectedRevision: found.revision };
  await putResource(context, { kind, yaml, ...revision });
}
