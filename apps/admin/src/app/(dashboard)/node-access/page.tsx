import { NodeAccessPage } from "../../../components/join/node-access-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("nodeAccess");

export default function Page() {
  return <NodeAccessPage />;
}
