import { VersionsPage } from "../../../components/release/versions-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("versions");

export default function Page() {
  return <VersionsPage />;
}
