import type { Metadata } from "next";
import { TracePage } from "./trace-page.tsx";

export const metadata: Metadata = { title: "Trace" };

export default async function Page({ params }: { readonly params: Promise<{ readonly traceId: string }> }) {
  return <TracePage traceId={(await params).traceId} />;
}
