import { ImportPage } from "../../../../components/transfer/import-page.tsx";
import { pageTitle } from "../../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("import");

export default function Page() {
  return <ImportPage />;
}
