import { ApiDocsPage } from "../../../components/api-docs/api-docs-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("apiDocs");

export default function Page() {
  return <ApiDocsPage />;
}
