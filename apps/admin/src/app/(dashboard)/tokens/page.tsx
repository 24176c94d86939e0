import { TokensPage } from "../../../components/tokens/tokens-page.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";

export const generateMetadata = () => pageTitle("tokens");

export default function Page() {
  return <TokensPage />;
}
