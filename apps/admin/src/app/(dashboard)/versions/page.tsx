import { VersionsPage } from "../../../components/release/versions-page.tsx";

export const metadata = { title: "Versions" };

export default function Page() {
  return <VersionsPage />;
}
