import type { Metadata } from "next";
import { NodePage } from "./node-page.tsx";

export const metadata: Metadata = { title: "Node" };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  return <NodePage id={decodeURIComponent((await params).id)} />;
}
