/** Upstream: apimachinery/pkg/util/validation/validation.go @1.36 */
import { dns1123Subdomain, matches, regexError } from "./formats.ts";
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
