import type { Pod, Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { describe, expect, it } from "vitest";
import { planSlices } from "./plan.ts";

const service = (spec: Service["spec"] = {}): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default", uid: "s" },
  spec: {
    clusterIP: "10.96.0.1",
    ipFamilies: ["IPv4"],
    selector: { app: "web" },
    ports: [{ port: 80, targetPort: 8080, protocol: "TCP" }],
    ...spec,
  },
});
const pod = (
  index: number,
  more: { ready?: boolean; ending?: boolean; phase?: string } = {},
): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: `p${index}`,
    namespace: "default",
    uid: `p${index}`,
    ...(more.ending === true ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
  },
  spec: { containers: [], nodeName: "n" },
  status: {
    phase: more.phase ?? "Running",
    podIP: `10.0.0.${index}`,
    podIPs: [{ ip: `10.0.0.${index}` }, { ip: `fd00::${index}` }],
    conditions: [{ type: "Ready", status: more.ready === false ? "False" : "True" }],
  },
});
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => pod(from + index));
const plan = (
  pods: readonly Pod[],
  slices: readonly EndpointSlice[] = [],
  of: Service = service(),
  isNodeKnown = true,
) =>
  planSlices({
    service: of,
    pods,
    slices,
    nodeOf: (name) =>
      isNodeKnown ? { apiVersion: "v1", kind: "Node", metadata: { name } } : undefined,
    endpointsMax: 4,
  });
/** What the server would hold after the plan for these pods. */
const stored = (pods: readonly Pod[], of: Service = service()): EndpointSlice[] =>
  plan(pods, [], of).create.map((slice, index) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `web-${index}`, uid: `u${index}` },
  }));
const counts = (slices: readonly EndpointSlice[]) =>
  slices.map(({ endpoints = [] }) => endpoints.length);

describe("the slices of a Service", () => {
  it("hold at most so many endpoints each", () => {
    expect(counts(plan(range(1, 9)).create)).toEqual([4, 4, 1]);
  });
  it("are left alone when nothing changed", () => {
    expect(plan(range(1, 9), stored(range(1, 9)))).toMatchObject({
      create: [],
      update: [],
      delete: [],
    });
  });
  it("take a new endpoint where there is room, the fullest first", () => {
    const { create, update } = plan(range(1, 7), stored(range(1, 6)));
    expect(create).toEqual([]);
    expect(update.map(({ metadata }) => metadata.name)).toEqual(["web-1"]);
  });
  it("that must change anyway are filled, others stay", () => {
    const { create, update } = plan([...range(2, 8), pod(20), pod(21)], stored(range(1, 8)));
    expect(counts(update)).toEqual([4]);
    expect(counts(create)).toEqual([1]);
  });
  it("that became empty go, but one says that there is none", () => {
    const gone = plan([], stored(range(1, 5)));
    expect(counts(gone.delete)).toEqual([1]);
    expect(gone.create).toEqual([]);
    expect(gone.update).toMatchObject([
      { addressType: "IPv4", endpoints: [], ports: [], metadata: { name: "web-0" } },
    ]);
    expect(plan([], gone.update)).toMatchObject({ create: [], update: [], delete: [] });
  });
  it("stand apart for each address family and set of ports", () => {
    const dual = service({ ipFamilies: ["IPv4", "IPv6"] });
    expect(plan([pod(1)], [], dual).create).toMatchObject([
      { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }] },
      { addressType: "IPv6", endpoints: [{ addresses: ["fd00::1"] }] },
    ]);
    expect(plan([pod(1)], stored([pod(1)], dual)).delete).toMatchObject([{ addressType: "IPv6" }]);
  });
  it.each<[string, Pod, Service, object]>([
    ["ready", pod(1), service(), { ready: true, serving: true, terminating: false }],
    [
      "not ready",
      pod(1, { ready: false }),
      service(),
      { ready: false, serving: false, terminating: false },
    ],
    [
      "ending",
      pod(1, { ending: true }),
      service(),
      { ready: false, serving: true, terminating: true },
    ],
    [
      "published whatever it is",
      pod(1, { ready: false, ending: true }),
      service({ publishNotReadyAddresses: true }),
      { ready: true, serving: false, terminating: true },
    ],
  ])("say of a pod that it is %s", (_, input, of, conditions) => {
    expect(plan([input], [], of).create[0]?.endpoints).toMatchObject([{ conditions }]);
  });
  it("leave out pods that have ended, and for a while those of unknown nodes", () => {
    expect(counts(plan([pod(1, { phase: "Failed" })]).create)).toEqual([0]);
    expect(plan([pod(1)], [], service(), false)).toMatchObject({ isIncomplete: true });
  });
  it("that go lend their name to those that come", () => {
    const renamed = service({ ports: [{ port: 80, targetPort: 9090, protocol: "TCP" }] });
    const { create, update, delete: remove } = plan([pod(1)], stored([pod(1)]), renamed);
    expect([create, remove]).toEqual([[], []]);
    expect(update).toMatchObject([
      { metadata: { name: "web-0", uid: "u0" }, ports: [{ port: 9090 }] },
    ]);
  });
  it("have no port where the pod does not name it", () => {
    const named = service({ ports: [{ port: 80, targetPort: "http", protocol: "TCP" }] });
    expect(plan([pod(1)], [], named).create).toMatchObject([{ ports: [], endpoints: [{}] }]);
  });
  it("of a headless Service say so", () => {
    const [slice] = plan([pod(1)], [], service({ clusterIP: "None", ports: [] })).create;
    expect(slice?.metadata.labels).toMatchObject({ "service.kubernetes.io/headless": "" });
    expect(slice).toMatchObject({ ports: [], endpoints: [{ addresses: ["10.0.0.1"] }] });
  });
});
