import { CertificatesPage } from "../../../components/certificate/certificates-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("certificates");

export default function Page() {
  return <CertificatesPage />;
}
