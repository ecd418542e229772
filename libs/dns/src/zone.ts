/**
 * The cluster's zone: a question into records, from what the informers know. Pure.
 *
 * Specification: Kubernetes DNS-Based Service Discovery, schema version 1.1.0. Where it is silent, as CoreDNS answers.
 */
import { isIPv4 } from "node:net";
import type { Service } from "@kubets/api/core/v1";
import { type ClusterView, clusterAddresses, serviceNameOf } from "./cluster-view.ts";
import type { ResourceRecord, SoaData, ZoneAnswer } from "./resource-record.ts";
import { addressOfDashedName, addressOfReverseName } from "./reverse-name.ts";
import { type EndpointName, endpointNames, portsNamed } from "./service-endpoints.ts";

export interface ZoneSettings {
  /** Without dots at the ends: "cluster.local". */
  readonly domain: string;
  readonly ttlSeconds: number;
  /** Names like 10-244-0-5.default.pod.cluster.local. */
  readonly pods: "disabled" | "insecure" | "verified";
}

export interface Question {
  /** As it was asked; answers repeat its spelling. */
  readonly name: string;
  readonly type: string;
}

const SCHEMA_VERSION = "1.1.0";
const NO_SUCH_NAME: ZoneAnswer = { rcode: "NXDOMAIN", answers: [], additionals: [] };
const NO_DATA: ZoneAnswer = { rcode: "NOERROR", answers: [], additionals: [] };
const SRV = { priority: 0, weight: 100 };

export class Zone {
  readonly #settings: ZoneSettings;
  readonly #view: ClusterView;
  readonly #suffix: string;

  constructor(settings: ZoneSettings, view: ClusterView) {
    this.#settings = settings;
    this.#view = view;
    this.#suffix = `.${settings.domain}`;
  }

  /** What goes with every answer that has nothing to say, so that resolvers know how long to believe it. */
  soa(serial: number): ResourceRecord {
    const { domain, ttlSeconds } = this.#settings;
    const data: SoaData = {
      mname: `ns.dns.${domain}`,
      rname: `hostmaster.${domain}`,
      serial,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: ttlSeconds,
    };
    return { name: domain, type: "SOA", ttl: ttlSeconds, data };
  }

  /** Whether the zone answers for this name, whatever the answer is. */
  owns(name: string): boolean {
    const lower = name.toLowerCase();
    return lower === this.#settings.domain || lower.endsWith(this.#suffix);
  }

  /** Undefined: the name is not the cluster's. */
  answer(question: Question): ZoneAnswer | undefined {
    const name = question.name.toLowerCase();
    const address = addressOfReverseName(name);
    if (address !== undefined) return this.#reverse(question, address);
    if (!this.owns(name)) return undefined;
    const labels =
      name === this.#settings.domain ? [] : name.slice(0, -this.#suffix.length).split(".");
    const top = labels.at(-1);
    const inside = labels.slice(0, -1);
    switch (top) {
      case undefined:
        return this.#apex(question);
      case "svc":
        return this.#inServices(question, inside);
      case "pod":
        return this.#inPods(question, inside);
      case "dns-version":
        return inside.length === 0 ? this.#version(question) : NO_SUCH_NAME;
      case "dns":
        // The name server that the SOA names.
        return inside.length === 0 || (inside.length === 1 && inside[0] === "ns")
          ? NO_DATA
          : NO_SUCH_NAME;
      default:
        return NO_SUCH_NAME;
    }
  }

  #apex(question: Question): ZoneAnswer {
    if (question.type === "SOA") return found([this.soa(0)]);
    if (question.type !== "NS") return NO_DATA;
    return found([this.#record(question.name, "NS", `ns.dns.${this.#settings.domain}`)]);
  }

  #version(question: Question): ZoneAnswer {
    return question.type === "TXT"
      ? found([this.#record(question.name, "TXT", SCHEMA_VERSION)])
      : NO_DATA;
  }

  #inPods(question: Question, labels: readonly string[]): ZoneAnswer {
    const { pods } = this.#settings;
    if (pods === "disabled") return NO_SUCH_NAME;
    if (labels.length === 0) return NO_DATA;
    const [namespace = "", name] = labels.toReversed();
    if (labels.length > 2 || !this.#view.hasNamespace(namespace)) return NO_SUCH_NAME;
    if (name === undefined) return NO_DATA;
    const address = addressOfDashedName(name);
    const isThere =
      address !== undefined &&
      (pods === "insecure" || this.#view.hasPod?.(namespace, address) === true);
    return isThere ? this.#addresses(question, [address]) : NO_SUCH_NAME;
  }

  #inServices(question: Question, labels: readonly string[]): ZoneAnswer {
    if (labels.length === 0) return NO_DATA;
    const [namespace = "", name, ...more] = labels.toReversed();
    if (!this.#view.hasNamespace(namespace)) return NO_SUCH_NAME;
    if (name === undefined) return NO_DATA;
    const service = this.#view.service(namespace, name);
    if (service === undefined) return NO_SUCH_NAME;
    if (service.spec?.type === "ExternalName") {
      return more.length === 0 ? this.#external(question, service) : NO_SUCH_NAME;
    }
    const [first, second, ...rest] = more;
    if (rest.length > 0) return NO_SUCH_NAME;
    if (first !== undefined && second !== undefined) {
      return this.#port(question, service, { port: second, protocol: first });
    }
    const own = `${name}.${namespace}.svc.${this.#settings.domain}`;
    if (first !== undefined) return this.#endpoint(question, service, first);
    const addresses = clusterAddresses(service.spec);
    if (addresses.length > 0) {
      return question.type === "SRV"
        ? this.#clusterPorts(question, service, own, service.spec?.ports ?? [])
        : this.#addresses(question, addresses);
    }
    const endpoints = this.#endpoints(service);
    if (endpoints.length === 0) return NO_SUCH_NAME;
    return question.type === "SRV"
      ? this.#endpointPorts(question, own, endpoints, () => true)
      : this.#addresses(
          question,
          endpoints.map(({ address }) => address),
        );
  }

  /** "_http._tcp.web.default.svc" */
  #port(
    question: Question,
    service: Service,
    labels: { readonly port: string; readonly protocol: string },
  ): ZoneAnswer {
    const [, portName] = /^_(.+)$/.exec(labels.port) ?? [];
    const [, protocol] = /^_(tcp|udp|sctp)$/.exec(labels.protocol) ?? [];
    if (portName === undefined || protocol === undefined) return NO_SUCH_NAME;
    const { namespace = "", name = "" } = service.metadata;
    const own = `${name}.${namespace}.svc.${this.#settings.domain}`;
    const addresses = clusterAddresses(service.spec);
    if (addresses.length > 0) {
      const ports = portsNamed(service.spec?.ports ?? [], portName, protocol);
      if (ports.length === 0) return NO_SUCH_NAME;
      return question.type === "SRV"
        ? this.#clusterPorts(question, service, own, ports)
        : this.#addresses(question, addresses);
    }
    const endpoints = this.#endpoints(service).filter(
      ({ ports }) => portsNamed(ports, portName, protocol).length > 0,
    );
    if (endpoints.length === 0) return NO_SUCH_NAME;
    return question.type === "SRV"
      ? this.#endpointPorts(
          question,
          own,
          endpoints,
          (port) => portsNamed([port], portName, protocol).length > 0,
        )
      : this.#addresses(
          question,
          endpoints.map(({ address }) => address),
        );
  }

  /** "pet-0.headless.default.svc" */
  #endpoint(question: Question, service: Service, label: string): ZoneAnswer {
    const named = this.#endpoints(service).filter(({ hostname }) => hostname === label);
    if (named.length === 0) return NO_SUCH_NAME;
    const { namespace = "", name = "" } = service.metadata;
    return question.type === "SRV"
      ? this.#endpointPorts(
          question,
          `${name}.${namespace}.svc.${this.#settings.domain}`,
          named,
          () => true,
        )
      : this.#addresses(
          question,
          named.map(({ address }) => address),
        );
  }

  #endpoints(service: Service): readonly EndpointName[] {
    const { namespace = "", name = "" } = service.metadata;
    return endpointNames(this.#view.slices(namespace, name));
  }

  #external(question: Question, service: Service): ZoneAnswer {
    const target = (service.spec?.externalName ?? "").replace(/\.$/, "");
    if (target === "") return NO_SUCH_NAME;
    if (!["A", "AAAA", "CNAME"].includes(question.type)) return NO_DATA;
    const answer = found([this.#record(question.name, "CNAME", target)]);
    return question.type === "CNAME" ? answer : { ...answer, alias: target };
  }

  #clusterPorts(
    question: Question,
    service: Service,
    own: string,
    ports: NonNullable<NonNullable<Service["spec"]>["ports"]>,
  ): ZoneAnswer {
    const answers = ports.map(({ port }) => this.#srv(question.name, port, own));
    const additionals = clusterAddresses(service.spec).map((address) =>
      this.#addressRecord(own, address),
    );
    return { rcode: "NOERROR", answers, additionals };
  }

  #endpointPorts(
    question: Question,
    own: string,
    endpoints: readonly EndpointName[],
    accept: (port: EndpointName["ports"][number]) => boolean,
  ): ZoneAnswer {
    const answers = endpoints.flatMap(({ hostname, ports }) =>
      ports.filter(accept).map(({ port }) => this.#srv(question.name, port, `${hostname}.${own}`)),
    );
    const additionals = endpoints.map(({ hostname, address }) =>
      this.#addressRecord(`${hostname}.${own}`, address),
    );
    return answers.length === 0 ? NO_DATA : { rcode: "NOERROR", answers, additionals };
  }

  #reverse(question: Question, address: string): ZoneAnswer | undefined {
    const { domain } = this.#settings;
    const services = this.#view.servicesByAddress(address);
    const names = services.map(
      ({ metadata: { name, namespace } }) => `${name ?? ""}.${namespace ?? ""}.svc.${domain}`,
    );
    if (names.length === 0) {
      for (const slice of this.#view.slicesByAddress(address)) {
        const own = `${serviceNameOf(slice)}.${slice.metadata.namespace ?? ""}.svc.${domain}`;
        for (const endpoint of endpointNames([slice])) {
          if (endpoint.address === address) names.push(`${endpoint.hostname}.${own}`);
        }
      }
    }
    // An address that the cluster does not know may be somebody else's.
    if (names.length === 0) return undefined;
    if (question.type !== "PTR") return NO_DATA;
    return found([...new Set(names)].map((name) => this.#record(question.name, "PTR", name)));
  }

  #addresses({ name, type }: Question, addresses: readonly string[]): ZoneAnswer {
    const wanted = [...new Set(addresses)].filter((address) =>
      type === "A" ? isIPv4(address) : type === "AAAA" && !isIPv4(address),
    );
    return wanted.length === 0
      ? NO_DATA
      : found(wanted.map((address) => this.#addressRecord(name, address)));
  }

  #addressRecord(name: string, address: string): ResourceRecord {
    return this.#record(name, isIPv4(address) ? "A" : "AAAA", address);
  }
  #srv(name: string, port: number, target: string): ResourceRecord {
    const data = { ...SRV, port, target };
    return { name, type: "SRV", ttl: this.#settings.ttlSeconds, data };
  }
  #record(
    name: string,
    type: "A" | "AAAA" | "CNAME" | "NS" | "PTR" | "TXT",
    data: string,
  ): ResourceRecord {
    return { name, type, ttl: this.#settings.ttlSeconds, data };
  }
}

const found = (answers: readonly ResourceRecord[]): ZoneAnswer => ({
  rcode: "NOERROR",
  answers,
  additionals: [],
});
