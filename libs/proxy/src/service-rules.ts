/**
 * One Service into its fragment of the rule set. Pure: what packets meet can be read and tested here.
 *
 * Upstream: pkg/proxy/nftables/proxier.go syncProxyRules @1.36
 */
import type { Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { withPort } from "./addresses.ts";
import { endpointName, servicePortName } from "./chain-names.ts";
import { type Endpoint, endpointsByPort, portKey } from "./endpoints.ts";
import type { LocalTraffic } from "./local-traffic.ts";
import { isWithin } from "./node-view.ts";
import type { Element, Family, Fragment } from "./rule-set.ts";
import { isExternal, type ServicePort, servicePorts } from "./service-port.ts";
import { chooseEndpoints, type Place, type TrafficChoice } from "./traffic-choice.ts";

export interface ServiceRuleSettings {
  readonly family: Family;
  readonly place: Place;
  readonly localTraffic: LocalTraffic | undefined;
  /** --masquerade-all */
  readonly masqueradeAll: boolean;
}

/** What must be built for one port. */
interface Draft {
  readonly chains: Map<string, readonly string[]>;
  readonly sets: Map<string, string>;
  readonly elements: Element[];
}

export function serviceFragment(
  service: Service,
  slices: readonly EndpointSlice[],
  settings: ServiceRuleSettings,
): Fragment {
  const draft: Draft = { chains: new Map(), sets: new Map(), elements: [] };
  const ports = servicePorts(service, settings.family);
  if (ports.length === 0) return draft;
  const endpoints = endpointsByPort(slices, settings.family, settings.place.nodeName);
  for (const port of ports) {
    const candidates = endpoints.get(portKey(port.portName, port.protocol)) ?? [];
    addPort(draft, port, chooseEndpoints(port, candidates, settings.place), settings);
  }
  const [first] = ports;
  if (first !== undefined) draft.elements.push({ in: "cluster-ips", key: first.clusterIp });
  return draft;
}

const destination = (address: string, { protocol, port }: ServicePort) =>
  `${address} . ${protocol} . ${port}`;
const nodePortKey = ({ protocol, nodePort }: ServicePort) => `${protocol} . ${nodePort}`;

/** The verdict where nobody answers: refuse when nobody can, drop when somebody could from another node. */
function emptyVerdict(choice: TrafficChoice, isLocalPolicy: boolean): string | undefined {
  if (!choice.hasAny) return "goto reject-chain";
  if (isLocalPolicy) return choice.local.length === 0 ? "drop" : undefined;
  return choice.cluster.length === 0 ? "goto reject-chain" : undefined;
}

function addPort(
  draft: Draft,
  port: ServicePort,
  choice: TrafficChoice,
  settings: ServiceRuleSettings,
): void {
  const name = servicePortName(port);
  const external = isExternal(port);
  const internalEmpty = emptyVerdict(choice, port.internalLocal);
  const externalEmpty = emptyVerdict(choice, port.externalLocal);
  const usesLocal = choice.local.length > 0;
  // With the external policy Local, this node's own traffic to an external address still goes everywhere.
  const usesCluster = choice.cluster.length > 0 && (!port.internalLocal || external);

  const reachable = new Map<string, Endpoint>();
  for (const endpoint of [
    ...(usesCluster ? choice.cluster : []),
    ...(usesLocal ? choice.local : []),
  ]) {
    reachable.set(endpointName(port, endpoint), endpoint);
  }
  for (const [chain, endpoint] of reachable) {
    draft.chains.set(`endpoint-${chain}`, endpointRules(port, endpoint, chain, settings.family));
    if (port.affinitySeconds !== undefined) {
      draft.sets.set(
        affinityName(port.affinitySeconds, chain),
        affinitySet(port.affinitySeconds, settings.family),
      );
    }
  }

  const clusterChain = `service-${name}`;
  const localChain = `local-${name}`;
  const internalChain = port.internalLocal ? localChain : clusterChain;
  const masquerade = internalMasquerade(port, settings);
  const add = (chain: string, endpoints: readonly Endpoint[]) =>
    draft.chains.set(chain, [
      ...(chain === internalChain ? masquerade : []),
      ...balanceRules(port, endpoints, settings.family),
    ]);
  if (usesCluster) add(clusterChain, choice.cluster);
  if (usesLocal) add(localChain, choice.local);

  draft.elements.push(
    internalEmpty === undefined
      ? {
          in: "service-ips",
          key: destination(port.clusterIp, port),
          value: `goto ${internalChain}`,
        }
      : {
          in: "no-endpoint-services",
          key: destination(port.clusterIp, port),
          value: internalEmpty,
        },
  );
  if (external) addExternal(draft, port, { name, usesCluster, externalEmpty }, settings);
}

interface ExternalFacts {
  readonly name: string;
  readonly usesCluster: boolean;
  /** The verdict where no endpoint may be used. */
  readonly externalEmpty: string | undefined;
}

function addExternal(
  draft: Draft,
  port: ServicePort,
  { name, usesCluster, externalEmpty }: ExternalFacts,
  settings: ServiceRuleSettings,
): void {
  const chain = `external-${name}`;
  const addresses = [...new Set([...port.externalIps, ...port.loadBalancerIps])];
  if (usesCluster || externalEmpty === undefined) {
    draft.chains.set(
      chain,
      externalRules(port, name, usesCluster, externalEmpty, settings.localTraffic),
    );
    for (const address of addresses) {
      draft.elements.push({
        in: "service-ips",
        key: destination(address, port),
        value: `goto ${chain}`,
      });
    }
    if (port.nodePort !== 0) {
      draft.elements.push({
        in: "service-nodeports",
        key: nodePortKey(port),
        value: `goto ${chain}`,
      });
    }
  }
  if (externalEmpty !== undefined) {
    for (const address of addresses) {
      draft.elements.push({
        in: "no-endpoint-services",
        key: destination(address, port),
        value: externalEmpty,
      });
    }
    if (port.nodePort !== 0) {
      draft.elements.push({
        in: "no-endpoint-nodeports",
        key: nodePortKey(port),
        value: externalEmpty,
      });
    }
  }
  if (port.sourceRanges.length > 0 && port.loadBalancerIps.length > 0) {
    const firewall = `firewall-${name}`;
    const sources = allowedSources(port, settings.place);
    draft.chains.set(firewall, [`${settings.family} saddr != { ${sources.join(", ")} } drop`]);
    for (const address of port.loadBalancerIps) {
      draft.elements.push({
        in: "firewall-ips",
        key: destination(address, port),
        value: `goto ${firewall}`,
      });
    }
  }
}

/**
 * Where a load balancer's address is one of the node's own, what the node sends there never leaves it and has that address
 * as its source: it is the node that asks.
 */
function allowedSources(port: ServicePort, place: Place): readonly string[] {
  const isNodeAllowed = place.addresses.some((address) => isWithin(address, port.sourceRanges));
  return isNodeAllowed ? [...port.sourceRanges, ...port.loadBalancerIps] : port.sourceRanges;
}

/** The way of traffic that came to a node port or an external address. */
function externalRules(
  port: ServicePort,
  name: string,
  usesCluster: boolean,
  externalEmpty: string | undefined,
  local: LocalTraffic | undefined,
): string[] {
  // The answer must come back through this node.
  if (!port.externalLocal) return ["jump mark-for-masquerade", `goto service-${name}`];
  // Traffic of pods and of the node itself is no external traffic, whatever address it uses.
  const shortCuts = usesCluster
    ? [
        ...(local === undefined ? [] : [`${local.ifLocal} goto service-${name}`]),
        "fib saddr type local jump mark-for-masquerade",
        `fib saddr type local goto service-${name}`,
      ]
    : [];
  return [...shortCuts, ...(externalEmpty === undefined ? [`goto local-${name}`] : [])];
}

function internalMasquerade(port: ServicePort, settings: ServiceRuleSettings): string[] {
  const { family, masqueradeAll, localTraffic } = settings;
  const match = `${family} daddr ${port.clusterIp} ${port.protocol} dport ${port.port}`;
  if (masqueradeAll) return [`${match} jump mark-for-masquerade`];
  return localTraffic === undefined
    ? []
    : [`${match} ${localTraffic.ifNotLocal} jump mark-for-masquerade`];
}

function balanceRules(port: ServicePort, endpoints: readonly Endpoint[], family: Family): string[] {
  const names = endpoints.map((endpoint) => endpointName(port, endpoint));
  const affinity =
    port.affinitySeconds === undefined
      ? []
      : names.map(
          (name) =>
            `${family} saddr @${affinityName(port.affinitySeconds ?? 0, name)} goto endpoint-${name}`,
        );
  const verdicts = names.map((name, index) => `${index} : goto endpoint-${name}`);
  return [...affinity, `numgen random mod ${names.length} vmap { ${verdicts.join(", ")} }`];
}

function endpointRules(
  port: ServicePort,
  endpoint: Endpoint,
  name: string,
  family: Family,
): string[] {
  return [
    // An endpoint that reaches itself must see another source than itself.
    `${family} saddr ${endpoint.address} jump mark-for-masquerade`,
    ...(port.affinitySeconds === undefined
      ? []
      : [`update @${affinityName(port.affinitySeconds, name)} { ${family} saddr }`]),
    `meta l4proto ${port.protocol} dnat to ${withPort(endpoint.address, endpoint.port)}`,
  ];
}

/** The time is part of the name: a set that is there cannot change its own. */
const affinityName = (seconds: number, name: string) => `affinity-${seconds}s-${name}`;
const affinitySet = (seconds: number, family: Family) =>
  `type ${family === "ip" ? "ipv4_addr" : "ipv6_addr"} ; flags dynamic,timeout ; timeout ${seconds}s ;`;
