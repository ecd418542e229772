/** DOMAIN/PATH. Upstream: pkg/apis/certificates/validation ValidateSignerName @1.36 */
import { dns1123Label, dns1123Subdomain } from "./formats.ts";
import type { Path } from "./path.ts";
import type { Problems } from "./problems.ts";

const PATH_LENGTH_MAX = 571;

export function validateSignerName(name: string, at: Path, problems: Problems): void {
  if (name === "") {
    problems.required(at);
    return;
  }
  const [domain = "", path, more] = name.split("/");
  if (path === undefined) {
    const detail =
      "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    problems.invalid(at, name, detail);
    return;
  }
  if (more !== undefined) {
    problems.invalid(
      at,
      name,
      "must be a fully qualified domain and path of the form 'example.com/signer-name'",
    );
    return;
  }
  const labels = domain.split(".");
  if (labels.length < 2)
    problems.invalid(at, domain, "should be a domain with at least two segments separated by dots");
  problems.invalidEach(at, domain, dns1123Subdomain(domain));
  for (const label of labels) problems.invalidEach(at, domain, dns1123Label(label));
  problems.invalidEach(at, path, dns1123Subdomain(path));
  if (path.length > PATH_LENGTH_MAX) problems.tooLong(at, PATH_LENGTH_MAX);
}
