import { SourcesPage } from "../../../components/source/sources-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("sources");

export default function Page() {
  return <SourcesPage />;
}
