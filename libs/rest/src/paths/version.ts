import { kubernetesVersion } from "@kubets/service";
import { type PathHandler, sendText } from "./path-handler.ts";

/** Upstream: staging/src/k8s.io/apimachinery/pkg/version/types.go Info @1.36 */
export const versionPath: PathHandler = {
  paths: () => ["/version"],
  serve: (request) => {
    if (request.path !== "/version" && request.path !== "/version/") return false;
    sendText(request, 200, body, "application/json");
    return true;
  },
};

const body = JSON.stringify(
  {
    major: kubernetesVersion.major,
    minor: kubernetesVersion.minor,
    emulationMajor: kubernetesVersion.major,
    emulationMinor: kubernetesVersion.minor,
    minCompatibilityMajor: kubernetesVersion.major,
    minCompatibilityMinor: String(Number(kubernetesVersion.minor) - 1),
    gitVersion: kubernetesVersion.gitVersion,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  },
  null,
  2,
);
