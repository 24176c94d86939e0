import { RolesPage } from "../../../components/roles/roles-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("roles");

export default function Page() {
  return <RolesPage />;
}
