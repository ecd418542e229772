import type { JsonObject } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { object, updated } from "../testing/causes.ts";

const withStatus = (status: JsonObject) =>
  object("v1", "Pod", {
    spec: {
      containers: [
        {
          name: "c",
          image: "i",
          resources: { requests: { cpu: "1" }, claims: [{ name: "gpu", request: "one" }] },
        },
      ],
    },
    status,
  });
const problems = (status: JsonObject, before: JsonObject = {}) =>
  updated(withStatus(status), withStatus(before), "status");

describe("the status of a pod", () => {
  test("counts generations from zero, before all that may not change", () => {
    const status = {
      observedGeneration: -1,
      conditions: [{ type: "Ready", status: "True", observedGeneration: -1 }],
      qosClass: "Burstable",
    };
    expect(problems(status)).toEqual([
      "status.conditions[0].observedGeneration: Invalid value: -1: must be a non-negative integer",
      "status.observedGeneration: Invalid value: -1: must be a non-negative integer",
      'status.qosClass: Invalid value: "Burstable": field is immutable',
    ]);
  });

  test("has one address of a family, and keeps what it had", () => {
    const two = { podIPs: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }] };
    expect(problems(two)).toEqual([
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family',
    ]);
    const bad = { podIPs: [{ ip: "bad" }] };
    expect(problems(bad)).toEqual([
      'status.podIPs[0]: Invalid value: "bad": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ]);
    expect(problems(bad, bad)).toEqual([]);
  });

  test("says the address of the node as the first of the node's addresses", () => {
    expect(problems({ hostIPs: [{ ip: "192.0.2.1" }] })).toEqual([
      'status.hostIPs[0].ip: Invalid value: "192.0.2.1": must be equal to `hostIP`',
    ]);
  });

  test("speaks of resources that the containers asked for", () => {
    const allocatedResourcesStatus = [
      { name: "cpu", resources: [{ resourceID: "0", health: "Healthy" }] },
      { name: "claim:gpu/one" },
      {
        name: "memory",
        resources: [
          { resourceID: "1", health: "Fine", message: "" },
          { resourceID: "1", health: "Unknown" },
        ],
      },
      { name: "claim:gpu" },
    ];
    const at = "status.containerStatuses[0].allocatedResourcesStatus";
    expect(problems({ containerStatuses: [{ name: "c", allocatedResourcesStatus }] })).toEqual([
      `${at}[2].name: Invalid value: "memory": must match one of the container's resource requests`,
      `${at}[2].resources[0].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown"`,
      `${at}[2].resources[0].message: Required value: must be non-empty if specified`,
      `${at}[2].resources[1].resourceID: Duplicate value: "1"`,
      `${at}[3].name: Invalid value: "claim:gpu": must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty`,
    ]);
    expect(
      problems({ containerStatuses: [{ name: "gone", allocatedResourcesStatus: [{}] }] }),
    ).toEqual([]);
  });

  test("maps requests of extended resources to a claim", () => {
    const mapping = { containerName: "c", resourceName: "cpu", requestName: "r" };
    const at = "status.extendedResourceClaimStatus";
    expect(problems({ extendedResourceClaimStatus: {} })).toEqual([
      `${at}.requestMappings: Required value: at least one request mapping is required`,
      `${at}.resourceClaimName: Required value`,
    ]);
    const requestMappings = [mapping, mapping, { ...mapping, containerName: "d" }];
    const claim = { requestMappings, resourceClaimName: "claim" };
    expect(problems({ extendedResourceClaimStatus: claim })).toEqual([
      `${at}.requestMappings[1].containerName: Duplicate value: "c"`,
      `${at}.requestMappings[1].resourceName: Duplicate value: "cpu"`,
      `${at}.requestMappings[1].requestName: Duplicate value: "r"`,
      `${at}.requestMappings[2].containerName: Invalid value: "d": must match the name of an entry in spec.initContainers.name or spec.containers.name`,
    ]);
  });
});
