import { ExportPage } from "../../../../components/transfer/export-page.tsx";
import { pageTitle } from "../../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("export");

export default function Page() {
  return <ExportPage />;
}
