import { SecurityPage } from "../../../../components/settings/security-page.tsx";
import { pageTitle } from "../../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("settings");

export default function Page() {
  return <SecurityPage />;
}
