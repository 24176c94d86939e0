import { AlertsPage } from "../../../components/alert/alerts-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("alerts");

export default function Page() {
  return <AlertsPage />;
}
