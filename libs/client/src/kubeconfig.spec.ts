import { describe, expect, it } from "vitest";
import { parseKubeconfig } from "./kubeconfig.ts";

const CONFIG = `
apiVersion: v1
kind: Config
current-context: first
contexts:
  - name: first
    context: { cluster: c, user: u, namespace: work }
  - name: second
    context: { cluster: c, user: token }
clusters:
  - name: c
    cluster:
      server: https://host:6443/
      certificate-authority-data: ${Buffer.from("CA").toString("base64")}
users:
  - name: u
    user: { client-certificate: u.crt, client-key: u.key }
  - name: token
    user: { token: secret }
  - name: plugin
    user: { exec: { command: aws } }
`;

describe("a kubeconfig", () => {
  it("gives server, authority and identity of the current context", () => {
    expect(parseKubeconfig(CONFIG)).toMatchObject({
      context: "first",
      namespace: "work",
      server: "https://host:6443",
      ca: "CA",
      certFile: "u.crt",
      keyFile: "u.key",
    });
  });

  it("gives another context when it is asked for", () => {
    expect(parseKubeconfig(CONFIG, "second")).toMatchObject({
      token: "secret",
      namespace: "default",
    });
  });

  it.each([
    ["no context", "apiVersion: v1\n", "no context was chosen"],
    [
      "an unknown context",
      CONFIG.replace("current-context: first", "current-context: x"),
      'no context "x"',
    ],
    [
      "an exec plugin",
      CONFIG.replace("user: token }", "user: plugin }").replace(
        "current-context: first",
        "current-context: second",
      ),
      "exec is not supported",
    ],
    ["what is no mapping", "- a\n", "the kubeconfig is not a mapping"],
  ])("is refused with %s", (_what, text, message) => {
    expect(() => parseKubeconfig(text)).toThrow(message);
  });
});
