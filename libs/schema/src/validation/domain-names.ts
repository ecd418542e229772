/** Upstream: apimachinery/pkg/util/validation/validation.go @1.36 */
import { dns1123Label, dns1123Subdomain, matches, regexError } from "./formats.ts";
import type { Path } from "./path.ts";
import type { Problems } from "./problems.ts";

const PATH_PATTERN = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** Such as "acme.io/foo". */
export function validateDomainPrefixedPath(text: string, at: Path, problems: Problems): void {
  if (text === "") {
    problems.required(at);
    return;
  }
  const slash = text.indexOf("/");
  const host = text.slice(0, Math.max(slash, 0));
  const path = text.slice(slash + 1);
  if (host === "" || path === "") {
    problems.invalid(at, text, 'must be a domain-prefixed path (such as "acme.io/foo")');
    return;
  }
  problems.invalidEach(at, host, dns1123Subdomain(host));
  if (!matches(PATH, path)) problems.invalid(at, path, regexError("Invalid path", PATH_PATTERN));
}

/** A domain of three segments or more. */
export function validateFullyQualifiedName(name: string, at: Path, problems: Problems): void {
  if (name === "") {
    problems.required(at);
    return;
  }
  const wrong = dns1123Subdomain(name);
  if (wrong.length > 0) {
    problems.invalid(at, name, wrong.join(","));
  } else if (name.split(".").length < 3) {
    const detail = "should be a domain with at least three segments separated by dots";
    problems.invalid(at, name, detail);
  }
}

/** A domain of two segments or more; the dot of the root may stand behind it. */
export function validateFullyQualifiedDomain(text: string, at: Path, problems: Problems): void {
  if (text === "") {
    problems.required(at);
    return;
  }
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  const wrong = dns1123Subdomain(name);
  if (wrong.length > 0) {
    problems.invalid(at, name, wrong.join(","));
    return;
  }
  const labels = name.split(".");
  if (labels.length < 2) {
    const detail = "should be a domain with at least two segments separated by dots";
    problems.invalid(at, name, detail);
    return;
  }
  for (const label of labels) {
    const messages = dns1123Label(label);
    if (messages.length === 0) continue;
    problems.invalid(at, label, messages.join(","));
    return;
  }
}
