import { AuditPage } from "../../../components/audit/audit-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("audit");

export default function Page() {
  return <AuditPage />;
}
