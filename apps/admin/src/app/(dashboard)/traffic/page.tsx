import type { Metadata } from "next";
import { TrafficPage } from "./traffic-page.tsx";

export const metadata: Metadata = { title: "Traffic" };

export default function Page() {
  return <TrafficPage />;
}
