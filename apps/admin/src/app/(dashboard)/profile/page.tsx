import { ProfilePage } from "../../../components/profile/profile-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("profile");

export default function Page() {
  return <ProfilePage />;
}
