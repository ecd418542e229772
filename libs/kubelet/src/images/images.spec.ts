import type { Secret } from "@kubets/api/core/v1";
import { createSimulatedRuntime } from "@kubets/cri";
import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { containerReference } from "../events/event-sink.ts";
import { makeContainer, makePod } from "../testing/pods.ts";
import { ImageManager } from "./image-manager.ts";
import { parseImageName, withDefaultTag } from "./image-name.ts";
import { pullCredentials } from "./pull-credentials.ts";

describe("the name of an image", () => {
  it.each([
    ["nginx", "docker.io", "library/nginx", undefined],
    ["a/b:1", "docker.io", "a/b", "1"],
    ["localhost/x", "localhost", "x", undefined],
    ["reg.io:5000/x/y:v1", "reg.io:5000", "x/y", "v1"],
    ["[::1]:5000/x", "[::1]:5000", "x", undefined],
  ])("%s has its parts", (name, registry, repository, tag) => {
    expect(parseImageName(name)).toMatchObject({ registry, repository, tag });
  });
  it("gets the tag latest where it has neither tag nor digest", () => {
    expect(withDefaultTag("reg.io:5000/x")).toBe("reg.io:5000/x:latest");
    expect(withDefaultTag("x:1")).toBe("x:1");
    const digest = `x@sha256:${"a".repeat(64)}`;
    expect(withDefaultTag(digest)).toBe(digest);
  });
  it.each([
    "",
    "Upper",
    "a:b:c",
    "a//b",
    "-a",
    "a@sha256:short",
    "a b",
    "x:",
    `${"a/".repeat(140)}a`,
  ])("%s is refused", (name) => {
    expect(() => parseImageName(name)).toThrow("couldn't parse image name");
  });
});

describe("credentials for a pull", () => {
  const secret = (auths: Record<string, unknown>): Secret => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {},
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") },
  });
  const auth = (user: string) => ({ auth: Buffer.from(`${user}:pw:x`).toString("base64") });
  const users = (image: string, ...secrets: Secret[]) =>
    pullCredentials(image, secrets).map(({ username }) => username);

  it("are those of the image's host, the longest path first", () => {
    const found = secret({
      "reg.io": auth("host"),
      "reg.io/team": auth("team"),
      "reg.io/other": auth("no"),
      "else.io": auth("no"),
    });
    expect(users("reg.io/team/app:1", found)).toEqual(["team", "host"]);
  });
  it("know Docker Hub by its old names, and wildcards", () => {
    expect(users("nginx", secret({ "https://index.docker.io/v1/": auth("hub") }))).toEqual(["hub"]);
    expect(users("eu.reg.io/x", secret({ "*.reg.io": auth("any") }))).toEqual(["any"]);
    expect(users("a.b.reg.io/x", secret({ "*.reg.io": auth("any") }))).toEqual([]);
  });
  it("are taken apart at the first colon", () => {
    expect(pullCredentials("reg.io/x", [secret({ "reg.io": auth("u") })])[0]).toMatchObject({
      username: "u",
      password: "pw:x",
    });
  });
  it("are none where the secret is not what it says", () => {
    const broken: Secret = { ...secret({}), data: { ".dockerconfigjson": "e3t7" } };
    expect(users("reg.io/x", broken)).toEqual([]);
  });
});

describe("an image that a container needs", () => {
  const start = () => {
    const clock = new FakeClock();
    const events: string[] = [];
    const runtime = createSimulatedRuntime({ clock, podCidr: "10.0.0.0/24" });
    const manager = new ImageManager({
      runtime,
      clock,
      parallelPullsMax: 1,
      events: {
        normal: (_, reason, message) => events.push(`${reason}: ${message}`),
        warning: (_, reason, message) => events.push(`${reason}: ${message}`),
      },
    });
    const ensure = (image: string, imagePullPolicy: string) => {
      const container = makeContainer("app", { image, imagePullPolicy });
      const pod = makePod({ containers: [container] });
      return manager.ensure({
        pod,
        container,
        ref: containerReference(pod, container),
        secrets: [],
        sandbox: {
          metadata: { name: "p", namespace: "d", uid: "u", attempt: 0 },
          hostname: "",
          logDirectory: "",
          portMappings: [],
          labels: {},
          annotations: {},
          cgroupParent: "",
          sysctls: {},
          security: {
            namespaces: { network: "pod", pid: "container", ipc: "pod" },
            supplementalGroups: [],
            privileged: false,
            seccomp: { type: "RuntimeDefault" },
          },
        },
        signal: new AbortController().signal,
      });
    };
    return { clock, events, ensure };
  };

  it("is pulled once, or each time, or never, as the policy says", async () => {
    const { events, ensure } = start();
    expect(await ensure("x:1", "Never")).toMatchObject({
      found: false,
      reason: "ErrImageNeverPull",
      message: 'Container image "x:1" is not present with pull policy of Never',
    });
    expect((await ensure("x:1", "IfNotPresent")).found).toBe(true);
    expect((await ensure("x:1", "IfNotPresent")).found).toBe(true);
    expect((await ensure("x:1", "Always")).found).toBe(true);
    expect((await ensure("x:1", "Never")).found).toBe(true);
    expect(events.filter((event) => event.startsWith("Pulling"))).toHaveLength(2);
    expect(events).toContain(
      'Pulled: Successfully pulled image "x:1" in 0s (0s including waiting). Image size: 10000000 bytes.',
    );
    expect(events).toContain(
      'Pulled: Container image "x:1" already present on machine and can be accessed by the pod',
    );
  });

  it("is not asked for again before its back-off is over, and shows its error as long as upstream", async () => {
    const { clock, events, ensure } = start();
    const image = "gone.invalid/x:1";
    const first = await ensure(image, "Always");
    expect(first).toMatchObject({
      found: false,
      reason: "ErrImagePull",
      retryAtMs: clock.now() + 1000,
    });
    const backingOff = { reason: "ImagePullBackOff", retryAtMs: clock.now() + 10_000 };
    expect(await ensure(image, "Always")).toMatchObject(backingOff);
    await clock.advance(10_000);
    expect(await ensure(image, "Always")).toMatchObject({
      reason: "ErrImagePull",
      retryAtMs: clock.now() + 10_000,
    });
    await clock.advance(10_000);
    expect(await ensure(image, "Always")).toMatchObject({
      reason: "ImagePullBackOff",
      retryAtMs: clock.now() + 10_000,
    });
    expect(events.filter((event) => event.startsWith("Failed: Failed to pull image"))).toHaveLength(
      2,
    );
  });

  it("with a name that is none is refused without asking anybody", async () => {
    const { events, ensure } = start();
    expect(await ensure("BAD::x", "Always")).toMatchObject({ reason: "InvalidImageName" });
    expect(events).toEqual([
      'InspectFailed: Failed to apply default image tag "BAD::x": couldn\'t parse image name "BAD::x": invalid reference format',
    ]);
  });
});
