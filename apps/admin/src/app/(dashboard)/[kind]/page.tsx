import { ResourceList } from "../../../components/resource/resource-list.tsx";
import { pageTitle } from "../../../i18n/page-title.ts";
import { resourceKind } from "./resource-kind.ts";

export async function generateMetadata({ params }: { params: Promise<{ kind: string }> }) {
  return pageTitle((await params).kind);
}

export default async function ResourceListPage({ params }: { params: Promise<{ kind: string }> }) {
  return <ResourceList kind={resourceKind((await params).kind)} />;
}
