import { CertificateDetail } from "../../../../../components/certificate/certificate-detail.tsx";
import { resourceKind } from "../../../[kind]/resource-kind.ts";

interface Props {
  readonly params: Promise<{ readonly kind: string; readonly name: string }>;
}

export async function generateMetadata({ params }: Props) {
  return { title: decodeURIComponent((await params).name) };
}

export default async function Page({ params }: Props) {
  const { kind, name } = await params;
  return <CertificateDetail kind={resourceKind(kind)} name={decodeURIComponent(name)} />;
}
