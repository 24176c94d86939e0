import type { Metadata } from "next";
import { NodeConfigPage } from "./node-config-page.tsx";

export const metadata: Metadata = { title: "Node configuration" };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  return <NodeConfigPage id={decodeURIComponent((await params).id)} />;
}
