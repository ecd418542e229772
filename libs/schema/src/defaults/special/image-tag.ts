/**
 * The tag of an image reference as the server reads it for pull policies: "latest" where there is neither tag
 * nor digest, empty where only a digest stands or the reference does not parse.
 *
 * Upstream: pkg/util/parsers/parsers.go ParseImageName @1.36; distribution/reference ParseNormalizedNamed
 */
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const DOMAIN_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const REFERENCE = new RegExp(
  `^(?:(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?/)?` +
    `${COMPONENT}(?:/${COMPONENT})*(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?` +
    "(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$",
);
const SHORT_ENOUGH = 1_024;

export function imageTag(reference: string): string {
  if (reference.length > SHORT_ENOUGH) return "";
  const parsed = REFERENCE.exec(reference);
  if (parsed === null) return "";
  const [, tag, digest] = parsed;
  return tag ?? (digest === undefined ? "latest" : "");
}

export function pullPolicyFor(reference: string): "Always" | "IfNotPresent" {
  return imageTag(reference) === "latest" ? "Always" : "IfNotPresent";
}
