import type { ExplainedAction, ExplainedCluster, RequestExplanation } from "@sluice/config";
import { useFormatter, useTranslations } from "use-intl";
import { Notice } from "../ui/notice.tsx";
import { ChosenStation, PlaceLink, Reasons, Station } from "./explain-station.tsx";

const GOOD: readonly RequestExplanation["outcome"][] = ["routed", "redirected", "answered", "tcp"];

/** The way through the configuration as a chain, with everything that was passed over. */
export function ExplainWay({ found }: { readonly found: RequestExplanation }) {
  const t = useTranslations("explain");
  const { source, routeConfiguration: routes, action, problems, outcome, status } = found;
  const good = GOOD.includes(outcome);
  return (
    <section aria-label={t("way")} className="flex flex-col gap-4">
      <Notice tone={!good ? "bad" : problems.length > 0 ? "warn" : "ok"} title={t(`ends.${outcome}`)}>
        {[
          source.kind === "draft" ? t("form.draft") : t("version", { number: source.number }),
          ...(status === undefined ? [] : [t("status", { status })]),
        ].join(" · ")}
        <Reasons reasons={problems} />
      </Notice>
      <ol>
        <ChosenStation title={t("steps.listener")} list={found.listeners} />
        {found.filterChains && <ChosenStation title={t("steps.filterChain")} list={found.filterChains} />}
        {routes && (
          <Station
            title={t("steps.routes")}
            name={routes.name || routes.at.name}
            at={routes.at}
            note={t(routes.inline ? "inline" : "rds")}
          />
        )}
        {found.virtualHosts && <ChosenStation title={t("steps.virtualHost")} list={found.virtualHosts} />}
        {found.matcherSteps.length > 0 && (
          <Station title={t("steps.matcher")} name={t("steps.matcher")}>
            <Reasons reasons={found.matcherSteps} />
          </Station>
        )}
        {found.routes && found.routes.total > 0 && (
          <ChosenStation title={t("steps.route")} list={found.routes} last={action === undefined} />
        )}
        {action && <Action action={action} />}
      </ol>
      <details>
        <summary className="cursor-pointer text-sm text-muted">{t("request")}</summary>
        <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 font-mono text-xs">
          {found.request.map(({ name, value }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: headers may repeat and the list does not change
            <div key={index} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="wrap-anywhere">{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}

function Action({ action }: { readonly action: ExplainedAction }) {
  const t = useTranslations("explain");
  const format = useFormatter();
  switch (action.kind) {
    case "redirect":
      return (
        <Station
          last
          title={t("steps.redirect")}
          name={action.location}
          note={t("status", { status: action.status })}
        />
      );
    case "direct_response":
      return (
        <Station last title={t("steps.answer")} name={t("status", { status: action.status })}>
          {action.body !== "" && (
            <pre className="mt-1 font-mono text-xs whitespace-pre-wrap text-muted">{action.body}</pre>
          )}
        </Station>
      );
    case "other":
      return <Station last title={t("steps.action")} name={action.message} />;
    case "cluster": {
      const { clusters, rewrites } = action;
      const last = clusters.length - 1;
      return (
        <>
          {rewrites.length > 0 && <Station title={t("steps.rewrites")} name={rewrites.join("; ")} />}
          {clusters.map((cluster, index) => (
            <Station
              // biome-ignore lint/suspicious/noArrayIndexKey: a weighted choice may name a cluster twice
              key={index}
              last={index === last}
              title={
                last === 0
                  ? t("steps.cluster")
                  : t("steps.share", {
                      percent: format.number(cluster.percent, { maximumFractionDigits: 2 }),
                    })
              }
              name={cluster.name || undefined}
              at={cluster.at}
              note={cluster.at === undefined ? t("missing") : `${cluster.discovery} · ${cluster.lbPolicy}`}
            >
              <Endpoints cluster={cluster} />
            </Station>
          ))}
        </>
      );
    }
  }
}

function Endpoints({ cluster }: { readonly cluster: ExplainedCluster }) {
  const t = useTranslations("explain");
  if (cluster.endpoints.length === 0) return null;
  return (
    <div className="mt-2">
      <h4 className="text-xs text-muted">
        <PlaceLink at={cluster.endpointsAt}>{t("steps.endpoints")}</PlaceLink>
      </h4>
      <ul className="mt-1 flex flex-col gap-0.5 text-sm">
        {cluster.endpoints.map((endpoint, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an address may stand there twice
          <li key={index} className="tabular flex flex-wrap gap-x-3">
            <span className="font-mono">{endpoint.address}</span>
            <span className="text-xs leading-5 text-muted">
              {t("endpoint", { priority: endpoint.priority, weight: endpoint.weight })}
              {endpoint.locality !== "" && ` · ${endpoint.locality}`}
              {endpoint.health !== "UNKNOWN" && ` · ${endpoint.health}`}
            </span>
          </li>
        ))}
      </ul>
      {cluster.moreEndpoints > 0 && (
        <p className="text-xs text-muted">{t("more", { count: cluster.moreEndpoints })}</p>
      )}
    </div>
  );
}
