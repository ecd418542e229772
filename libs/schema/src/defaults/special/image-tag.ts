/**
 * The tag of an image reference as the server reads it for pull policies: "latest" where there is neither tag
 * nor digest, empty where only a digest stands or the reference does not parse.
 *
 * Upstream: pkg/util/parsers/parsers.go ParseImageName @1.36; distribution/reference ParseNormalizedNamed
 */
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const DOMAIN_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const REFERENCE = new RegExp(
  `^((?:(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?/)?` +
    `${COMPONENT}(?:/${COMPONENT})*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?` +
    "(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$",
);
const SHORT_ENOUGH = 1_024;
const PATH_LENGTH_MAX = 255;

export function imageTag(reference: string): string {
  if (reference.length > SHORT_ENOUGH) return "";
  const parsed = REFERENCE.exec(reference);
  if (parsed === null) return "";
  const [, name = "", tag, digest] = parsed;
  if (pathLength(name) > PATH_LENGTH_MAX) return "";
  return tag ?? (digest === undefined ? "latest" : "");
}

/** Without the registry; what names none and no folder lies in that of the official images. */
function pathLength(name: string): number {
  const slash = name.indexOf("/");
  if (slash < 0) return "library/".length + name.length;
  const first = name.slice(0, slash);
  const isRegistry = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  return isRegistry ? name.length - slash - 1 : name.length;
}

export function pullPolicyFor(reference: string): "Always" | "IfNotPresent" {
  return imageTag(reference) === "latest" ? "Always" : "IfNotPresent";
}
