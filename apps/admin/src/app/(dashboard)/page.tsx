import { pageTitle } from "../../i18n/page-title.ts";
import { OverviewPage } from "./overview/overview-page.tsx";

export const generateMetadata = () => pageTitle("overview");

export default function Page() {
  return <OverviewPage />;
}
