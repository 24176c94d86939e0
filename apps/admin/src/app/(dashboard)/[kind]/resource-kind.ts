import { notFound } from "next/navigation";
import type { ResourceKind } from "../../../components/resource/config-types.ts";

const KINDS: Readonly<Record<string, ResourceKind>> = {
  listeners: "listeners",
  routes: "routes",
  clusters: "clusters",
  endpoints: "endpoints",
  secrets: "secrets",
};

/** The kind that an address names; anything else is no page. */
export function resourceKind(text: string): ResourceKind {
  return (Object.hasOwn(KINDS, text) ? KINDS[text] : undefined) ?? notFound();
}
