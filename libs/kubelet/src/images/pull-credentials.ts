/**
 * Which credentials of a pod's imagePullSecrets apply to an image: the entries whose host, and path where
 * they have one, match the image's, the most exact first.
 *
 * Upstream: pkg/credentialprovider/keyring.go BasicDockerKeyring.Lookup, URLsMatchStr @1.36
 */
import type { Secret } from "@kubets/api/core/v1";
import type { RegistryAuth } from "@kubets/cri";
import { parseImageName } from "./image-name.ts";

interface Entry {
  readonly host: string;
  readonly path: string;
  readonly auth: RegistryAuth;
}

export function pullCredentials(image: string, secrets: readonly Secret[]): RegistryAuth[] {
  const { registry, repository } = parseImageName(image);
  return secrets
    .flatMap(entriesOf)
    .filter((entry) => hostMatches(entry.host, registry) && pathMatches(entry.path, repository))
    .sort((a, b) => b.path.length - a.path.length || b.host.length - a.host.length)
    .map(({ auth }) => auth);
}

function entriesOf(secret: Secret): Entry[] {
  const isNew = secret.type === "kubernetes.io/dockerconfigjson";
  const key = isNew ? ".dockerconfigjson" : ".dockercfg";
  const encoded = secret.data?.[key];
  if (encoded === undefined) return [];
  const parsed = parseObject(Buffer.from(encoded, "base64").toString("utf8"));
  const auths = isNew ? objectOf(parsed.auths) : parsed;
  return Object.entries(auths).map(([server, value]) => {
    const [host = "", ...path] = server
      .replace(/^https?:\/\//, "")
      .replace(/^index\.docker\.io(\/v[12]\/?)?/, "docker.io")
      .replace(/\/v[12]\/?$/, "")
      .split("/");
    return { host, path: path.join("/"), auth: authOf(server, objectOf(value)) };
  });
}

function authOf(server: string, value: Readonly<Record<string, unknown>>): RegistryAuth {
  const text = (key: string) => (typeof value[key] === "string" ? value[key] : "");
  const encoded = text("auth");
  const decoded = encoded === "" ? "" : Buffer.from(encoded, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  const fromAuth = colon < 0 ? ["", ""] : [decoded.slice(0, colon), decoded.slice(colon + 1)];
  return {
    username: text("username") || (fromAuth[0] ?? ""),
    password: text("password") || (fromAuth[1] ?? ""),
    auth: "",
    serverAddress: server,
    identityToken: text("identitytoken"),
    registryToken: text("registrytoken"),
  };
}

/** "*.example.com" stands for one more label. */
function hostMatches(pattern: string, host: string): boolean {
  const [patternParts, hostParts] = [pattern.split("."), host.split(".")];
  if (patternParts.length !== hostParts.length) return false;
  return patternParts.every(
    (part, index) => part === hostParts[index] || matchesGlob(part, hostParts[index] ?? ""),
  );
}

function matchesGlob(pattern: string, text: string): boolean {
  if (!pattern.includes("*")) return false;
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.at(-1) ?? "";
  return text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail);
}

function pathMatches(prefix: string, path: string): boolean {
  return prefix === "" || path === prefix || path.startsWith(`${prefix}/`);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    // A secret that holds no JSON has no credentials; the pull will say that it was refused.
    return {};
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
