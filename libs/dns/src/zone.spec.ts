import { describe, expect, it } from "vitest";
import {
  type ClusterView,
  clusterAddresses,
  serviceNameOf,
  sliceIndexers,
} from "./cluster-view.ts";
import type { ResourceRecord } from "./resource-record.ts";
import { NAMESPACES, SERVICES, SLICES } from "./testing/scene.ts";
import { Zone, type ZoneSettings } from "./zone.ts";

const view: ClusterView = {
  hasNamespace: (name) => NAMESPACES.some(({ metadata }) => metadata.name === name),
  service: (namespace, name) =>
    SERVICES.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
  servicesByAddress: (address) =>
    SERVICES.filter(({ spec }) => clusterAddresses(spec).includes(address)),
  slices: (_, name) => SLICES.filter((each) => serviceNameOf(each) === name),
  slicesByAddress: (address) =>
    SLICES.filter((each) => sliceIndexers.address?.(each).includes(address)),
  hasPod: (namespace, address) => namespace === "default" && address === "10.244.0.5",
};
const zoneWith = (pods: ZoneSettings["pods"]) =>
  new Zone({ domain: "cluster.local", ttlSeconds: 30, pods }, view);
const zone = zoneWith("insecure");

function text({ name, type, data }: ResourceRecord): string {
  if (type === "SRV") return `${name} SRV ${data.port} ${data.target}`;
  return type === "SOA" ? `${name} SOA` : `${name} ${type} ${data}`;
}
/** "NXDOMAIN", "nothing", or the answers. */
function ask(question: string, from: Zone = zone): string | string[] {
  const [name = "", type = "A"] = question.split(" ");
  const answer = from.answer({ name, type });
  if (answer === undefined) return "elsewhere";
  if (answer.rcode === "NXDOMAIN") return "NXDOMAIN";
  return answer.answers.length === 0 ? "nothing" : answer.answers.map(text);
}

const WEB = "web.default.svc.cluster.local";
const PETS = "pets.default.svc.cluster.local";

describe("the zone", () => {
  it.each<[string, string | string[]]>([
    // A Service with a cluster IP.
    [`${WEB} A`, [`${WEB} A 10.96.0.20`]],
    [`${WEB} AAAA`, [`${WEB} AAAA fd00::20`]],
    [`${WEB} MX`, "nothing"],
    [`WeB.default.svc.CLUSTER.local A`, ["WeB.default.svc.CLUSTER.local A 10.96.0.20"]],
    [`_http._tcp.${WEB} SRV`, [`_http._tcp.${WEB} SRV 80 ${WEB}`]],
    [`_stats._udp.${WEB} SRV`, [`_stats._udp.${WEB} SRV 8125 ${WEB}`]],
    [`_http._udp.${WEB} SRV`, "NXDOMAIN"],
    [`_other._tcp.${WEB} SRV`, "NXDOMAIN"],
    [`http.tcp.${WEB} SRV`, "NXDOMAIN"],
    ["20.0.96.10.in-addr.arpa PTR", [`20.0.96.10.in-addr.arpa PTR ${WEB}`]],
    // A headless one.
    [`${PETS} A`, ["10.244.0.5", "10.244.1.5", "10.244.1.6"].map((ip) => `${PETS} A ${ip}`)],
    [`${PETS} AAAA`, "nothing"],
    [`pets-0.${PETS} A`, [`pets-0.${PETS} A 10.244.0.5`]],
    [`10-244-1-6.${PETS} A`, [`10-244-1-6.${PETS} A 10.244.1.6`]],
    [`pets-9.${PETS} A`, "NXDOMAIN"],
    [
      `_http._tcp.${PETS} SRV`,
      ["pets-0", "pets-1", "10-244-1-6"].map(
        (host) => `_http._tcp.${PETS} SRV 8080 ${host}.${PETS}`,
      ),
    ],
    ["5.1.244.10.in-addr.arpa PTR", [`5.1.244.10.in-addr.arpa PTR pets-1.${PETS}`]],
    ["nobody.default.svc.cluster.local A", "NXDOMAIN"],
    // An external name.
    ["out.default.svc.cluster.local A", ["out.default.svc.cluster.local CNAME www.example.com"]],
    ["out.default.svc.cluster.local SRV", "nothing"],
    // Pods.
    [
      "10-244-0-5.default.pod.cluster.local A",
      ["10-244-0-5.default.pod.cluster.local A 10.244.0.5"],
    ],
    ["10-244-0-555.default.pod.cluster.local A", "NXDOMAIN"],
    ["10-244-0-5.nowhere.pod.cluster.local A", "NXDOMAIN"],
    // What lies between names exists, and has nothing.
    ["cluster.local A", "nothing"],
    ["cluster.local SOA", ["cluster.local SOA"]],
    ["svc.cluster.local A", "nothing"],
    ["empty.svc.cluster.local A", "nothing"],
    ["nowhere.svc.cluster.local A", "NXDOMAIN"],
    ["dns-version.cluster.local TXT", ["dns-version.cluster.local TXT 1.1.0"]],
    // What a search path asks for on the way.
    ["www.example.com.default.svc.cluster.local A", "NXDOMAIN"],
    ["www.example.com.cluster.local A", "NXDOMAIN"],
    // Others' names.
    ["www.example.com A", "elsewhere"],
    ["notcluster.local A", "elsewhere"],
    ["1.1.168.192.in-addr.arpa PTR", "elsewhere"],
  ])("%s", (question, answer) => {
    expect(ask(question)).toEqual(answer);
  });

  it("gives the addresses behind SRV records along", () => {
    const answer = zone.answer({ name: `_http._tcp.${PETS}`, type: "SRV" });
    expect(answer?.additionals.map(text)).toContain(`pets-1.${PETS} A 10.244.1.5`);
  });
  it("says where an external name leads", () => {
    expect(zone.answer({ name: "out.default.svc.cluster.local", type: "A" })?.alias).toBe(
      "www.example.com",
    );
  });
  it("names only pods that exist, where that is asked for", () => {
    const verified = zoneWith("verified");
    expect(ask("10-244-0-5.default.pod.cluster.local A", verified)).toHaveLength(1);
    expect(ask("10-244-0-6.default.pod.cluster.local A", verified)).toBe("NXDOMAIN");
    expect(ask("10-244-0-5.default.pod.cluster.local A", zoneWith("disabled"))).toBe("NXDOMAIN");
  });
});
