import { FirstRoutePage } from "../../../components/release/first-route-page.tsx";

export const metadata = { title: "First route" };

export default function Page() {
  return <FirstRoutePage />;
}
