import { pageTitle } from "../../i18n/page-title.ts";
import { AcceptForm } from "./accept-form.tsx";

export const generateMetadata = () => pageTitle("accept");

export default function AcceptPage() {
  return <AcceptForm />;
}
