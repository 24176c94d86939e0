import { PublishPage } from "../../../components/release/publish-page.tsx";

export const metadata = { title: "Publish" };

export default function Page() {
  return <PublishPage />;
}
