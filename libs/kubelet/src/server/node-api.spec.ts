import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeContainer, makePod } from "../testing/pods.ts";
import { startTestNode, type TestNode } from "../testing/test-node.ts";
import { questions } from "./node-access.ts";

let node: TestNode;
let base: string;
let logFile: string;

beforeAll(async () => {
  node = await startTestNode();
  base = node.url;
  const pod = await node.runPod({
    name: "talker",
    command: ["sh", "-c", "echo one; echo two >&2; echo three; sleep 1000"],
  });
  logFile = join(node.directory, "logs", `default_talker_${pod.metadata.uid}`, "app", "0.log");
  await node.harness.run({
    ...makePod({ containers: [makeContainer("app", { image: "registry.invalid/x:1" })] }),
    metadata: { name: "imageless", namespace: "default" },
  });
  await node.harness.untilPod(
    "imageless",
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === "ImagePullBackOff",
  );
});
afterAll(() => node?.stop());

const logs = async (query: string, pod = "talker", container = "app") => {
  const response = await fetch(`${base}/containerLogs/default/${pod}/${container}?${query}`);
  return { status: response.status, text: await response.text() };
};

describe("logs of a container", () => {
  it("come whole, and in parts as they are asked for", async () => {
    await expect.poll(async () => (await logs("")).text).toBe("one\ntwo\nthree\n");
    expect((await logs("tailLines=1")).text).toBe("three\n");
    expect((await logs("tailLines=0")).text).toBe("");
    expect((await logs("tailLines=99")).text).toBe("one\ntwo\nthree\n");
    expect((await logs("stream=Stderr")).text).toBe("two\n");
    expect((await logs("limitBytes=5")).text).toBe("one\nt");
    expect((await logs("timestamps=true&tailLines=1")).text).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/,
    );
    expect((await logs("sinceTime=2999-01-01T00:00:00Z")).text).toBe("");
  });

  it("go on while they are followed", async () => {
    const gone = new AbortController();
    const response = await fetch(
      `${base}/containerLogs/default/talker/app?follow=true&tailLines=1`,
      { signal: gone.signal },
    );
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader?.read())?.value ?? "";
    await appendFile(logFile, "2026-01-01T00:00:00.000000001Z stdout F later\n");
    while (!text.includes("later\n")) text += (await reader?.read())?.value ?? "";
    expect(text).toBe("three\nlater\n");
    gone.abort();
  });

  it.each([
    ["nobody", "app", "", 404, 'pod "nobody" does not exist'],
    ["talker", "other", "", 404, 'container "other" not found in pod "talker"'],
    [
      "talker",
      "app",
      "previous=true",
      400,
      'previous terminated container "app" in pod "talker" not found',
    ],
    [
      "talker",
      "app",
      "tailLines=-1",
      400,
      "tailLines: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      "imageless",
      "app",
      "",
      400,
      'container "app" in pod "imageless" is waiting to start: trying and failing to pull image',
    ],
  ])(
    "of %s/%s?%s are refused with upstream's words",
    async (pod, container, query, status, text) => {
      expect(await logs(query, pod, container)).toEqual({ status, text });
    },
  );
});

describe("the right to use the node API", () => {
  const asked = (method: string, path: string) =>
    questions(method, path, "node-a").map((question) =>
      "resourceAttributes" in question
        ? `${question.resourceAttributes.verb} ${question.resourceAttributes.subresource}`
        : "",
    );
  it.each([
    ["GET", "/containerLogs/a/b/c", ["get proxy"]],
    ["GET", "/stats/summary", ["get stats"]],
    ["GET", "/metrics", ["get metrics"]],
    ["GET", "/pods", ["get pods", "get proxy"]],
    ["GET", "/configz", ["get configz", "get proxy"]],
    ["POST", "/exec/a/b/c", ["create proxy"]],
    // A WebSocket begins with GET; reading must not be enough to run something.
    ["GET", "/exec/a/b/c", ["create proxy"]],
    ["GET", "/portForward/a/b", ["create proxy"]],
  ])("%s %s asks for %j", (method, path, expected) => {
    expect(asked(method, path)).toEqual(expected);
  });
});

describe("what is asked of the node", () => {
  it("is refused where it is no path", async () => {
    expect((await fetch(`${base}/containerLogs/default/%zz/app`)).status).toBe(400);
  });
  it("are its pods with their statuses", async () => {
    const list = (await (await fetch(`${base}/pods`)).json()) as {
      items: { metadata: { name: string }; status: { phase: string } }[];
    };
    expect(list.items.find(({ metadata }) => metadata.name === "talker")?.status.phase).toBe(
      "Running",
    );
  });
  it("is what its pods use", async () => {
    const summary = (await (await fetch(`${base}/stats/summary`)).json()) as {
      pods: { podRef: { name: string } }[];
    };
    expect(summary.pods.map(({ podRef }) => podRef.name)).toContain("talker");
  });
});
