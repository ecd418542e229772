/** Upstream: pkg/apis/core/validation/validation.go validateWindowsSecurityContextOptions @1.36 */
import type { JsonObject } from "@kubets/api";
import { maybeTextAt } from "../../json-fields.ts";
import { byteLength, dns1123Subdomain, matches } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

const SPEC_KIB_MAX = 64;
const DOMAIN_LENGTH_MAX = 256;
const USER_LENGTH_MAX = 104;
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS =
  /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const WRONG_USER_CHARACTERS = /["/\\:;|=,+*?<>@[\]]/;
const CONTROL_CHARACTERS = /\p{Cc}/u;

export function validateWindowsOptions(
  options: JsonObject | undefined,
  at: Path,
  problems: Problems,
): void {
  if (options === undefined) return;
  const specName = maybeTextAt(options, "gmsaCredentialSpecName");
  if (specName !== undefined) {
    problems.invalidEach(at.child("gmsaCredentialSpecName"), specName, dns1123Subdomain(specName));
  }
  const spec = maybeTextAt(options, "gmsaCredentialSpec");
  const specAt = at.child("gmsaCredentialSpec");
  if (spec === "") problems.invalid(specAt, spec, "gmsaCredentialSpec cannot be an empty string");
  else if (spec !== undefined && byteLength(spec) > SPEC_KIB_MAX * 1024) {
    problems.invalid(specAt, spec, `gmsaCredentialSpec size must be under ${SPEC_KIB_MAX} KiB`);
  }
  const user = maybeTextAt(options, "runAsUserName");
  if (user !== undefined) {
    for (const detail of userNameProblems(user))
      problems.invalid(at.child("runAsUserName"), user, detail);
  }
}

function userNameProblems(name: string): string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"];
  if (CONTROL_CHARACTERS.test(name)) return ["runAsUserName cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const user = parts.at(-1) ?? "";
  const domain = parts.length === 2 ? parts[0] : undefined;
  const found: string[] = [];
  if (domain !== undefined && byteLength(domain) >= DOMAIN_LENGTH_MAX) {
    found.push(`runAsUserName's Domain length must be under ${DOMAIN_LENGTH_MAX} characters`);
  }
  if (domain !== undefined && !matches(NETBIOS, domain) && !matches(DNS, domain)) {
    found.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === "") found.push("runAsUserName's User cannot be empty");
  else if (byteLength(user) > USER_LENGTH_MAX) {
    found.push(`runAsUserName's User length must not be longer than ${USER_LENGTH_MAX} characters`);
  }
  if (/^[. ]+$/.test(user))
    found.push("runAsUserName's User cannot contain only periods or spaces");
  if (WRONG_USER_CHARACTERS.test(user)) {
    found.push("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
  }
  return found;
}
