import { NotificationsPage } from "../../../components/notification/notifications-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("notifications");

export default function Page() {
  return <NotificationsPage />;
}
