import { PublishPage } from "../../../components/release/publish-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("publish");

export default function Page() {
  return <PublishPage />;
}
