import { runService } from "@kubets/service";
import { buildApiserver } from "./build-apiserver.ts";
import { flags } from "./flags.ts";
import { openStorage } from "./open-storage.ts";
import { readSettings } from "./settings.ts";

const description = [
  "The Kubernetes API: REST for kubectl and every other client, gRPC for kubets' own components.",
  "All state is in Postgres; any number of apiservers may share one database.",
].join("\n");

/** What a stop takes at most beyond --shutdown-delay-duration: requests under way get 60 s. */
const stopTimeoutMs = 120_000;

await runService({
  name: "kube-apiserver",
  description,
  flags,
  stopTimeoutMs,
  examples: [
    "kube-apiserver --database-url=postgres://kubets@127.0.0.1:5432/kubets --client-ca-file=ca.crt \\",
    "  --tls-cert-file=apiserver.crt --tls-private-key-file=apiserver.key \\",
    "  --service-account-signing-key-file=sa.key --service-account-issuer=https://kubernetes.default.svc \\",
    "  --authorization-mode=Node,RBAC",
  ],
  build: async (config, context) => {
    const settings = readSettings(config);
    const opened = await openStorage(settings, context);
    return buildApiserver(settings, opened, context).runnables;
  },
});
