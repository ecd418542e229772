/** Upstream: pkg/apis/core/validation/validation.go validatePodDNSConfig, ValidateHostAliases @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { dns1123Subdomain, dns1123SubdomainUnderscore } from "../formats.ts";
import { validateIp } from "../ip-address.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

const NAMESERVERS_MAX = 3;
const SEARCHES_MAX = 32;
const SEARCH_LENGTH_MAX = 2048;

export function validateDnsConfig(spec: JsonObject, at: Path, problems: Problems): void {
  const config = objectAt(spec, "dnsConfig");
  const here = at.child("dnsConfig");
  const nameservers = textsAt(config, "nameservers");
  if (spec.dnsPolicy === "None") {
    if (config === undefined) {
      problems.required(here, "must provide `dnsConfig` when `dnsPolicy` is None");
      return;
    }
    if (nameservers.length === 0) {
      const detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
      problems.required(here.child("nameservers"), detail);
      return;
    }
  }
  if (config === undefined) return;
  if (nameservers.length > NAMESERVERS_MAX) {
    const detail = `must not have more than ${NAMESERVERS_MAX} nameservers`;
    problems.invalid(here.child("nameservers"), [...nameservers], detail);
  }
  nameservers.forEach((nameserver, i) => {
    validateIp(nameserver, here.child("nameservers").index(i), problems);
  });
  validateSearches(textsAt(config, "searches"), here.child("searches"), problems);
  itemsAt(config, "options").forEach((option, i) => {
    if (textAt(option, "name") === "")
      problems.required(here.child("options").index(i), "must not be empty");
  });
}

function validateSearches(searches: readonly string[], at: Path, problems: Problems): void {
  if (searches.length > SEARCHES_MAX) {
    problems.invalid(at, [...searches], `must not have more than ${SEARCHES_MAX} search paths`);
  }
  if (searches.join(" ").length > SEARCH_LENGTH_MAX) {
    const detail = `must not have more than ${SEARCH_LENGTH_MAX} characters (including spaces) in the search list`;
    problems.invalid(at, [...searches], detail);
  }
  searches.forEach((search, i) => {
    if (search === ".") return;
    const name = search.endsWith(".") ? search.slice(0, -1) : search;
    problems.invalidEach(at.index(i), name, dns1123SubdomainUnderscore(name));
  });
}

export function validateHostAliases(spec: JsonObject, at: Path, problems: Problems): void {
  itemsAt(spec, "hostAliases").forEach((alias, i) => {
    const here = at.child("hostAliases").index(i);
    validateIp(textAt(alias, "ip"), here.child("ip"), problems);
    textsAt(alias, "hostnames").forEach((hostname, j) => {
      problems.invalidEach(here.child("hostnames").index(j), hostname, dns1123Subdomain(hostname));
    });
  });
}
