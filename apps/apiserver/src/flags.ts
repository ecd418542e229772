/** The apiserver's command line: upstream's names where upstream has the flag. */
import type { FlagTable, FlagValues } from "@kubets/service";

const SERVING = "Serving flags";
const STORE = "Storage flags";
const AUTHENTICATION = "Authentication flags";
const AUTHORIZATION = "Authorization flags";
const ADMISSION = "Admission flags";
const KUBELET = "Kubelet flags";
const API = "API flags";
const LIMITS = "Limit flags";
const REFUSED = "Flags of upstream that are refused";

export const flags = {
  "bind-address": {
    kind: "string",
    default: "0.0.0.0",
    group: SERVING,
    help: "Address on which to serve.",
  },
  "secure-port": {
    kind: "int",
    default: 6443,
    min: 0,
    group: SERVING,
    help: "Port of the REST API; 0 takes a free one.",
  },
  "grpc-port": {
    kind: "int",
    default: 6444,
    min: 0,
    group: SERVING,
    help: "Port of kubets.api.v1, the API that kubets' own components use; 0 takes a free one.",
  },
  "advertise-address": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "Address at which members of the cluster reach this server. Default: --bind-address.",
  },
  "external-hostname": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "Host name to use in documents that name this server.",
  },
  "tls-cert-file": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "File with the serving certificate and its intermediates.",
  },
  "tls-private-key-file": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "File with the key of --tls-cert-file.",
  },
  "http2-max-streams-per-connection": {
    kind: "int",
    default: 1_000,
    min: 1,
    group: SERVING,
    help: "Requests at one time on an HTTP/2 connection.",
  },
  "shutdown-delay-duration": {
    kind: "duration",
    default: 0,
    min: 0,
    group: SERVING,
    help: "How long to go on serving after a signal, with /readyz failing, so that load balancers notice.",
  },
  "database-url": {
    kind: "string",
    default: "",
    group: STORE,
    help: "Connection URI of the Postgres that holds all state. Takes the place of --etcd-servers.",
  },
  "database-connections": {
    kind: "int",
    default: 8,
    min: 2,
    group: STORE,
    help: "Connections to Postgres at most.",
  },
  "nats-servers": {
    kind: "list",
    default: [],
    group: STORE,
    help: "NATS servers that carry hints between apiservers; none: each looks at the store by itself.",
  },
  "nats-config": {
    kind: "string",
    default: "",
    group: STORE,
    help: 'JSON file with {"servers": [...], "token": "..."}; takes the place of --nats-servers.',
  },
  "storage-compaction-interval": {
    kind: "duration",
    default: 300_000,
    min: 0,
    group: STORE,
    help: "How long history is kept at least, and how often older history is removed; 0: never. Takes the place of --etcd-compaction-interval.",
  },
  "event-ttl": {
    kind: "duration",
    default: 3_600_000,
    min: 0,
    group: STORE,
    help: "How long Events are kept.",
  },
  "client-ca-file": {
    kind: "string",
    default: "",
    group: AUTHENTICATION,
    help: "Authorities whose client certificates say who a client is.",
  },
  "anonymous-auth": {
    kind: "bool",
    default: true,
    group: AUTHENTICATION,
    help: "Whether requests without credentials are those of system:anonymous, or refused.",
  },
  "token-auth-file": {
    kind: "string",
    default: "",
    group: AUTHENTICATION,
    help: "CSV file with tokens: token,user,uid,groups.",
  },
  "enable-bootstrap-token-auth": {
    kind: "bool",
    default: false,
    group: AUTHENTICATION,
    help: "Whether secrets of type bootstrap.kubernetes.io/token in kube-system are credentials.",
  },
  "service-account-key-file": {
    kind: "list",
    default: [],
    group: AUTHENTICATION,
    help: "Files with keys that verify service account tokens. Default: the signing key.",
  },
  "service-account-signing-key-file": {
    kind: "string",
    default: "",
    group: AUTHENTICATION,
    help: "File with the key that signs service account tokens.",
  },
  "service-account-issuer": {
    kind: "list",
    default: [],
    group: AUTHENTICATION,
    help: "Who issues service account tokens: an https URL. The first one signs, all are accepted.",
  },
  "service-account-jwks-uri": {
    kind: "string",
    default: "",
    group: AUTHENTICATION,
    help: "URI of the key set in the discovery document. Default: this server's own.",
  },
  "service-account-max-token-expiration": {
    kind: "duration",
    default: 0,
    min: 0,
    group: AUTHENTICATION,
    help: "Longest life of a service account token that is asked for; 0: no limit.",
  },
  "service-account-extend-token-expiration": {
    kind: "bool",
    default: true,
    group: AUTHENTICATION,
    help: "Whether projected tokens live for a year in truth, for clients that never read them again.",
  },
  "api-audiences": {
    kind: "list",
    default: [],
    group: AUTHENTICATION,
    help: "Whom service account tokens must be meant for. Default: the issuer.",
  },
  "requestheader-client-ca-file": {
    kind: "string",
    default: "",
    group: AUTHENTICATION,
    help: "Authorities of front proxies, whose headers say who the client is.",
  },
  "requestheader-allowed-names": {
    kind: "list",
    default: [],
    group: AUTHENTICATION,
    help: "Common names of front proxies; none: any with a certificate of that authority.",
  },
  "requestheader-username-headers": {
    kind: "list",
    default: ["x-remote-user"],
    group: AUTHENTICATION,
    help: "Headers with the user's name.",
  },
  "requestheader-uid-headers": {
    kind: "list",
    default: [],
    group: AUTHENTICATION,
    help: "Headers with the user's uid.",
  },
  "requestheader-group-headers": {
    kind: "list",
    default: ["x-remote-group"],
    group: AUTHENTICATION,
    help: "Headers with the user's groups.",
  },
  "requestheader-extra-headers-prefix": {
    kind: "list",
    default: ["x-remote-extra-"],
    group: AUTHENTICATION,
    help: "Beginnings of headers with what else there is about the user.",
  },
  "proxy-client-cert-file": {
    kind: "string",
    default: "",
    group: AUTHENTICATION,
    help: "Accepted for upstream's sake: no request is proxied to an aggregated API yet.",
  },
  "proxy-client-key-file": {
    kind: "string",
    default: "",
    group: AUTHENTICATION,
    help: "Accepted for upstream's sake, as --proxy-client-cert-file.",
  },
  "authorization-mode": {
    kind: "list",
    default: ["AlwaysAllow"],
    choices: ["AlwaysAllow", "AlwaysDeny", "Node", "RBAC"],
    group: AUTHORIZATION,
    help: "Who decides, in order.",
  },
  "enable-admission-plugins": {
    kind: "list",
    default: [],
    group: ADMISSION,
    help: "Plugins to switch on beside those that are on by default.",
  },
  "disable-admission-plugins": {
    kind: "list",
    default: [],
    group: ADMISSION,
    help: "Plugins to switch off although they are on by default.",
  },
  "kubelet-client-certificate": {
    kind: "string",
    default: "",
    group: KUBELET,
    help: "Client certificate shown to kubelets.",
  },
  "kubelet-client-key": {
    kind: "string",
    default: "",
    group: KUBELET,
    help: "Key of --kubelet-client-certificate.",
  },
  "kubelet-certificate-authority": {
    kind: "string",
    default: "",
    group: KUBELET,
    help: "Authorities of kubelets' serving certificates; none: they are not verified.",
  },
  "kubelet-preferred-address-types": {
    kind: "list",
    default: ["InternalIP", "InternalDNS", "Hostname", "ExternalDNS", "ExternalIP"],
    group: KUBELET,
    help: "Which of a node's addresses to connect to.",
  },
  "service-cluster-ip-range": {
    kind: "list",
    default: ["10.96.0.0/12"],
    group: API,
    help: "Ranges of cluster IPs.",
  },
  "service-node-port-range": {
    kind: "string",
    default: "30000-32767",
    group: API,
    help: "Range of node ports.",
  },
  "runtime-config": {
    kind: "map",
    default: {},
    group: API,
    help: "APIs to switch on or off, as group/version=true.",
  },
  "feature-gates": {
    kind: "map",
    default: {},
    group: API,
    help: "Accepted for upstream's sake: behaviour is that of the release's defaults.",
  },
  "allow-privileged": {
    kind: "bool",
    default: true,
    group: API,
    help: "Accepted for upstream's sake: privileged containers are allowed.",
  },
  profiling: {
    kind: "bool",
    default: false,
    group: API,
    help: "Accepted for upstream's sake: there are no profiling paths.",
  },
  "max-requests-inflight": {
    kind: "int",
    default: 400,
    min: 0,
    group: LIMITS,
    help: "Reading requests at one time; 0: no limit.",
  },
  "max-mutating-requests-inflight": {
    kind: "int",
    default: 200,
    min: 0,
    group: LIMITS,
    help: "Writing requests at one time; 0: no limit.",
  },
  "request-timeout": {
    kind: "duration",
    default: 60_000,
    min: 1,
    group: LIMITS,
    help: "How long a request may take that is not long-running.",
  },
  "min-request-timeout": {
    kind: "int",
    default: 1_800,
    min: 0,
    group: LIMITS,
    help: "Seconds that a watch is kept open at least, where its client names no time.",
  },
  "etcd-servers": {
    kind: "list",
    default: [],
    group: REFUSED,
    help: "There is no etcd here: use --database-url.",
  },
  "etcd-cafile": {
    kind: "string",
    default: "",
    group: REFUSED,
    help: "There is no etcd here: use --database-url.",
  },
  "etcd-certfile": {
    kind: "string",
    default: "",
    group: REFUSED,
    help: "There is no etcd here: use --database-url.",
  },
  "etcd-keyfile": {
    kind: "string",
    default: "",
    group: REFUSED,
    help: "There is no etcd here: use --database-url.",
  },
  "etcd-prefix": {
    kind: "string",
    default: "",
    group: REFUSED,
    help: "There is no etcd here: use --database-url.",
  },
  "etcd-compaction-interval": {
    kind: "string",
    default: "",
    group: REFUSED,
    help: "There is no etcd here: use --storage-compaction-interval.",
  },
} as const satisfies FlagTable;

export type ApiserverConfig = FlagValues<typeof flags>;
