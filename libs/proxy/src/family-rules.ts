/** The rules of one address family: from what the API says now to transactions, and what has been done so far. */
import type { Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { baseRuleCounts, baseStatements } from "./base-rules.ts";
import { type LocalMode, localTraffic } from "./local-traffic.ts";
import { RuleBook } from "./rule-book.ts";
import {
  EMPTY_FRAGMENT,
  type Family,
  type Fragment,
  SHARED_MAPS,
  SHARED_SETS,
} from "./rule-set.ts";
import { serviceFragment } from "./service-rules.ts";
import { isWhole, readShape } from "./table-shape.ts";
import type { Place } from "./traffic-choice.ts";
import { chunks, transactionText } from "./transaction.ts";
import {
  type FlowFilter,
  staleAmong,
  staleFlows,
  type UdpDestinations,
  type UdpFlow,
  udpDestinations,
} from "./udp-flows.ts";

/** What rules depend on beside Services and EndpointSlices. */
export interface RuleSettings {
  readonly place: Place;
  readonly localMode: LocalMode;
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  /** The node's addresses that take NodePort traffic; undefined: all of them. */
  readonly nodePortAddresses: readonly string[] | undefined;
  readonly serviceCidrs: readonly string[];
}

/** What the API says about one Service. */
export interface ServiceState {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
}

export interface SyncPlan {
  /** nft texts, to be applied in order. */
  readonly transactions: readonly string[];
  /** To forget after them. */
  readonly flows: readonly FlowFilter[];
}

/** No Service has a name like this. */
const NODE_OWNER = "node";
/** Bounds one transaction: the kernel holds its lock while it checks one. */
const OPERATIONS_MAX = 1_000;
const NOTHING: UdpDestinations = new Map();
const SHARED: ReadonlySet<string> = new Set([...SHARED_MAPS, ...SHARED_SETS]);

export class FamilyRules {
  readonly family: Family;
  readonly #book = new RuleBook();
  readonly #udp = new Map<string, UdpDestinations>();
  /** Rules of the chains that belong to no Service. */
  #base: ReadonlyMap<string, number> = new Map();

  constructor(family: Family) {
    this.family = family;
  }

  /** A new table with everything in it, in one transaction. */
  full(
    states: Iterable<readonly [string, ServiceState]>,
    settings: RuleSettings,
    nowMs: number,
  ): SyncPlan {
    this.#book.clear();
    const wanted = this.#wanted(states, settings);
    for (const owner of this.#udp.keys())
      if (!wanted.udp.has(owner)) wanted.udp.set(owner, NOTHING);
    const flows = this.#takeFlows(wanted.udp);
    const baseSettings = {
      family: this.family,
      masqueradeBit: settings.masqueradeBit,
      nodePortsEverywhere: settings.nodePortAddresses === undefined,
      serviceCidrs: settings.serviceCidrs.filter((cidr) => this.#isOwn(cidr)),
    };
    const base = baseStatements(baseSettings);
    this.#base = baseRuleCounts(baseSettings);
    const operations = this.#book.change(wanted.fragments, nowMs).flat();
    return {
      transactions: [`${base.join("\n")}\n${transactionText(operations, this.family)}`],
      flows,
    };
  }

  /** Only these Services, and of them only what is different. */
  partial(
    states: Iterable<readonly [string, ServiceState]>,
    settings: RuleSettings,
    nowMs: number,
  ): SyncPlan {
    const wanted = this.#wanted(states, settings);
    return {
      transactions: this.#texts(this.#book.change(wanted.fragments, nowMs)),
      flows: this.#takeFlows(wanted.udp),
    };
  }

  /** Of the flows that were there before the first sync. */
  staleAmong(flows: readonly UdpFlow[]): FlowFilter[] {
    return staleAmong(flows, this.#udp.values());
  }

  /** Whether a listing of the table shows all that was written; undefined: there is no table. */
  isWhole(listed: string | undefined): boolean {
    if (listed === undefined) return false;
    const { chains, elements } = this.#book.shape();
    return isWhole(
      { chains: new Map([...this.#base, ...chains]), elements },
      readShape(listed, SHARED),
    );
  }

  /** Removes what nobody has needed since `beforeMs`. */
  cleanUp(beforeMs: number): readonly string[] {
    return this.#texts(this.#book.takeStale(beforeMs));
  }
  get staleSize(): number {
    return this.#book.staleSize;
  }
  get hasStale(): boolean {
    return this.staleSize > 0;
  }

  #texts(groups: ReturnType<RuleBook["change"]>): string[] {
    return chunks(groups, OPERATIONS_MAX).map((each) => transactionText(each, this.family));
  }

  #isOwn = (address: string) => (this.family === "ip") === !address.includes(":");

  #wanted(states: Iterable<readonly [string, ServiceState]>, settings: RuleSettings) {
    const { family } = this;
    const { place, masqueradeAll } = settings;
    const local = localTraffic(settings.localMode, family);
    const fragments = new Map<string, Fragment>();
    const udp = new Map<string, UdpDestinations>();
    for (const [owner, { service, slices }] of states) {
      fragments.set(
        owner,
        service === undefined
          ? EMPTY_FRAGMENT
          : serviceFragment(service, slices, {
              family,
              place,
              localTraffic: local,
              masqueradeAll,
            }),
      );
      udp.set(
        owner,
        service === undefined ? NOTHING : udpDestinations(service, slices, family, place.nodeName),
      );
    }
    fragments.set(NODE_OWNER, {
      ...EMPTY_FRAGMENT,
      elements: (settings.nodePortAddresses ?? [])
        .filter((address) => this.#isOwn(address))
        .map((key) => ({ in: "nodeport-ips", key })),
    });
    return { fragments, udp };
  }

  #takeFlows(udp: ReadonlyMap<string, UdpDestinations>): FlowFilter[] {
    const flows: FlowFilter[] = [];
    for (const [owner, now] of udp) {
      flows.push(...staleFlows(this.#udp.get(owner) ?? NOTHING, now));
      if (now.size === 0) this.#udp.delete(owner);
      else this.#udp.set(owner, now);
    }
    return flows;
  }
}
