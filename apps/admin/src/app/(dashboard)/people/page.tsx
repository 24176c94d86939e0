import { PeoplePage } from "../../../components/people/people-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("people");

export default function Page() {
  return <PeoplePage />;
}
