import { RolloutsPage } from "../../../components/rollout/rollouts-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("rollouts");

export default function Page() {
  return <RolloutsPage />;
}
