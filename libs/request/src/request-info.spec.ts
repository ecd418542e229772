import { describe, expect, test } from "vitest";
import { Query } from "./query.ts";
import { parseRequestInfo, type RequestInfo, resourceRequestInfo } from "./request-info.ts";

const none = new Query("");

describe("a request is read as upstream reads it", () => {
  const cases: [string, string, string, Partial<RequestInfo>][] = [
    ["GET", "/api/v1/namespaces", "", { verb: "list", resource: "namespaces", namespace: "" }],
    [
      "GET",
      "/api/v1/namespaces/other",
      "",
      { verb: "get", resource: "namespaces", namespace: "other", name: "other" },
    ],
    [
      "PUT",
      "/api/v1/namespaces/other/finalize",
      "",
      { verb: "update", resource: "namespaces", name: "other", subresource: "finalize" },
    ],
    [
      "GET",
      "/api/v1/namespaces/other/pods",
      "",
      { verb: "list", resource: "pods", namespace: "other", name: "" },
    ],
    [
      "GET",
      "/api/v1/namespaces/other/pods/foo",
      "",
      { verb: "get", resource: "pods", namespace: "other", name: "foo" },
    ],
    ["HEAD", "/api/v1/pods", "", { verb: "list", resource: "pods", namespace: "" }],
    ["GET", "/api/v1/pods", "watch=1", { verb: "watch" }],
    ["GET", "/api/v1/pods", "watch", { verb: "watch" }],
    ["GET", "/api/v1/pods", "watch=false", { verb: "list" }],
    ["GET", "/api/v1/watch/pods", "", { verb: "watch", resource: "pods" }],
    [
      "GET",
      "/api/v1/watch/namespaces/other/pods",
      "",
      { verb: "watch", resource: "pods", namespace: "other" },
    ],
    [
      "DELETE",
      "/api/v1/namespaces/other/pods",
      "",
      { verb: "deletecollection", namespace: "other" },
    ],
    [
      "POST",
      "/api/v1/namespaces/other/pods/foo/exec",
      "",
      { verb: "create", name: "foo", subresource: "exec" },
    ],
    [
      "GET",
      "/api/v1/namespaces/other/pods/foo/proxy/a/b",
      "",
      { verb: "get", subresource: "proxy", parts: ["pods", "foo", "proxy", "a", "b"] },
    ],
    [
      "PATCH",
      "/apis/apps/v1/namespaces/other/deployments/foo/scale",
      "",
      {
        verb: "patch",
        apiGroup: "apps",
        apiVersion: "v1",
        resource: "deployments",
        subresource: "scale",
      },
    ],
    [
      "GET",
      "/api/v1/namespaces/other/secrets",
      "fieldSelector=metadata.name%3Dfoo",
      { verb: "list", name: "foo", fieldSelector: "metadata.name=foo" },
    ],
    [
      "GET",
      "/api/v1/secrets",
      "fieldSelector=metadata.name!%3Dfoo&watch=1",
      { verb: "watch", name: "" },
    ],
  ];
  test.each(cases)("%s %s ?%s", (method, path, query, expected) => {
    const info = parseRequestInfo(method, path, new Query(query));
    expect(info).toMatchObject({ isResourceRequest: true, ...expected });
  });

  test.each([
    "/",
    "/api",
    "/api/v1",
    "/apis",
    "/apis/apps",
    "/apis/apps/v1",
    "/healthz",
    "/version",
  ])("%s is no resource", (path) => {
    expect(parseRequestInfo("GET", path, none)).toMatchObject({
      isResourceRequest: false,
      verb: "get",
      path,
    });
  });

  test("a call by names gives what the path would", () => {
    const byPath = parseRequestInfo("PUT", "/api/v1/namespaces/ns/pods/p/status", none);
    const byNames = resourceRequestInfo({
      verb: "update",
      group: "",
      version: "v1",
      resource: "pods",
      namespace: "ns",
      name: "p",
      subresource: "status",
    });
    expect(byNames).toEqual(byPath);
  });

  test("a call about a namespace gives what the path would", () => {
    const byPath = parseRequestInfo("GET", "/api/v1/namespaces/ns", none);
    const byNames = resourceRequestInfo({
      verb: "get",
      group: "",
      version: "v1",
      resource: "namespaces",
      namespace: "",
      name: "ns",
      subresource: "",
    });
    expect(byNames).toEqual(byPath);
  });
});
