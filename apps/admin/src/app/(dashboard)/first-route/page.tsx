import { FirstRoutePage } from "../../../components/release/first-route-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("firstRoute");

export default function Page() {
  return <FirstRoutePage />;
}
