import type { ResourceInfo } from "@kubets/api";
import { FlagError } from "@kubets/service";

/**
 * --runtime-config: "group/version=true", "group/version/resource=false", "api/all=false" and the like over
 * what is served by default.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/server/resourceconfig/helpers.go MergeAPIResourceConfigs @1.36
 */
export function servedVersions(
  runtimeConfig: Readonly<Record<string, string>>,
): (info: ResourceInfo) => boolean {
  const wanted = new Map<string, boolean>();
  for (const [name, text] of Object.entries(runtimeConfig)) {
    if (text !== "" && text !== "true" && text !== "false") {
      throw new FlagError(`--runtime-config: invalid value ${name}=${text}`);
    }
    wanted.set(name.replace(/^api\/v1/, "v1"), text !== "false");
  }
  return (info) => {
    const version = info.group === "" ? info.version : `${info.group}/${info.version}`;
    const stability = /alpha|beta/.exec(info.version)?.[0] ?? "ga";
    return (
      wanted.get(`${version}/${info.resource}`) ??
      wanted.get(version) ??
      wanted.get(`api/${stability}`) ??
      wanted.get("api/all") ??
      info.servedByDefault
    );
  };
}
