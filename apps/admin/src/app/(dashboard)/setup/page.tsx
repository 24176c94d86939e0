import { SetupPage } from "../../../components/setup/setup-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("setup");

export default function Page() {
  return <SetupPage />;
}
