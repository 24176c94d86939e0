import { BackupPage } from "../../../../components/transfer/backup-page.tsx";
import { pageTitle } from "../../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("backup");

export default function Page() {
  return <BackupPage />;
}
