import { ApprovalsPage } from "../../../components/approval/approvals-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("approvals");

export default function Page() {
  return <ApprovalsPage />;
}
