import { ExplainPage } from "../../../components/explain/explain-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("explain");

export default function Page() {
  return <ExplainPage />;
}
