/** Upstream: pkg/apis/core/validation/validation.go validateProjectionSources @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  itemsAt,
  maybeNumberAt,
  maybeTextAt,
  numberAt,
  objectAt,
  textAt,
} from "../../json-fields.ts";
import { dns1123Subdomain } from "../formats.ts";
import { validateLabelSelector } from "../object-meta.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { validateSignerName } from "../signer-name.ts";
import { validateNonReservedPath } from "./local-path.ts";
import { validateDownwardFile, validateKeyToPath } from "./volume-files.ts";

const TOKEN_SECONDS_MIN = 600;
const TOKEN_SECONDS_MAX = 2 ** 32;
const CERTIFICATE_SECONDS_MIN = 3_600;
const CERTIFICATE_SECONDS_MAX = 7_862_400;
const KEY_TYPES: readonly string[] = [
  "ECDSAP256",
  "ECDSAP384",
  "ECDSAP521",
  "ED25519",
  "RSA3072",
  "RSA4096",
];

export function validateProjectedVolume(projected: JsonObject, at: Path, problems: Problems): void {
  const sources = new Sources(at, problems);
  itemsAt(projected, "sources").forEach((source, i) => {
    sources.validate(source, at.child("sources").index(i));
  });
}

/** No two sources may write the same file. */
class Sources {
  private readonly at: Path;
  private readonly problems: Problems;
  private readonly paths = new Set<string>();

  constructor(at: Path, problems: Problems) {
    this.at = at;
    this.problems = problems;
  }

  validate(source: JsonObject, at: Path): void {
    let count = 0;
    for (const type of ["secret", "configMap"]) {
      const files = objectAt(source, type);
      if (files === undefined) continue;
      count++;
      this.files(files, at.child(type));
    }
    const downward = objectAt(source, "downwardAPI");
    if (downward !== undefined) {
      count++;
      for (const file of itemsAt(downward, "items")) {
        validateDownwardFile(file, at.child("downwardAPI"), this.problems);
        this.take(textAt(file, "path"));
      }
    }
    const token = objectAt(source, "serviceAccountToken");
    if (token !== undefined) {
      count++;
      this.token(token, at.child("serviceAccountToken"));
    }
    const bundle = objectAt(source, "clusterTrustBundle");
    if (bundle !== undefined) {
      count++;
      this.trustBundle(bundle, at.child("clusterTrustBundle"));
    }
    const certificate = objectAt(source, "podCertificate");
    if (certificate !== undefined) {
      count++;
      this.certificate(certificate, at.child("podCertificate"));
    }
    if (count > 1)
      this.problems.forbidden(at, "may not specify more than 1 volume type per source");
  }

  private take(path: string, shown = path): void {
    if (path === "") return;
    if (this.paths.has(path)) this.problems.invalid(this.at, shown, "conflicting duplicate paths");
    this.paths.add(path);
  }

  private files(files: JsonObject, at: Path): void {
    const name = textAt(files, "name");
    if (name === "") this.problems.required(at.child("name"));
    itemsAt(files, "items").forEach((item, i) => {
      validateKeyToPath(item, at.child("items").index(i), this.problems);
      this.take(textAt(item, "path"), name);
    });
  }

  private token(token: JsonObject, at: Path): void {
    const { problems } = this;
    const seconds = numberAt(token, "expirationSeconds");
    if (seconds < TOKEN_SECONDS_MIN) {
      const detail = "may not specify a duration less than 10 minutes";
      problems.invalid(at.child("expirationSeconds"), seconds, detail);
    }
    if (seconds > TOKEN_SECONDS_MAX) {
      const detail = "may not specify a duration larger than 2^32 seconds";
      problems.invalid(at.child("expirationSeconds"), seconds, detail);
    }
    const path = textAt(token, "path");
    // Upstream reports the path at the volume.
    if (path === "") problems.required(this.at.child("path"));
    else validateNonReservedPath(path, this.at.child("path"), problems);
  }

  private trustBundle(bundle: JsonObject, at: Path): void {
    const { problems } = this;
    const name = maybeTextAt(bundle, "name");
    const signerName = maybeTextAt(bundle, "signerName");
    if (name !== undefined && signerName !== undefined) {
      problems.invalid(at, bundle, "only one of name and signerName may be used");
    } else if (name !== undefined) {
      if (name === "") problems.required(at.child("name"), "must be a valid object name");
      for (const message of dns1123Subdomain(name.replace(/:/g, "."))) {
        problems.invalid(at.child("name"), name, `not a valid clustertrustbundlename: ${message}`);
      }
      if (!isNil(bundle.labelSelector)) {
        const detail = "labelSelector must be unset if name is specified";
        problems.invalid(at.child("labelSelector"), bundle.labelSelector, detail);
      }
    } else if (signerName !== undefined) {
      validateSignerName(signerName, at.child("signerName"), problems);
      validateLabelSelector(bundle.labelSelector, at.child("labelSelector"), problems);
    } else {
      problems.required(at, "either name or signerName must be specified");
    }
    const path = textAt(bundle, "path");
    if (path === "") problems.required(at.child("path"));
    validateNonReservedPath(path, at.child("path"), problems);
    this.take(path);
  }

  private certificate(certificate: JsonObject, at: Path): void {
    const { problems } = this;
    validateSignerName(textAt(certificate, "signerName"), at.child("signerName"), problems);
    const keyType = textAt(certificate, "keyType");
    if (!KEY_TYPES.includes(keyType))
      problems.notSupported(at.child("keyType"), keyType, KEY_TYPES);
    const seconds = maybeNumberAt(certificate, "maxExpirationSeconds");
    if (
      seconds !== undefined &&
      (seconds < CERTIFICATE_SECONDS_MIN || seconds > CERTIFICATE_SECONDS_MAX)
    ) {
      const detail = `must be between ${CERTIFICATE_SECONDS_MIN} and ${CERTIFICATE_SECONDS_MAX}`;
      problems.invalid(at.child("maxExpirationSeconds"), seconds, detail);
    }
    const fields = ["credentialBundlePath", "keyPath", "certificateChainPath"];
    const given = fields.filter((field) => textAt(certificate, field) !== "");
    if (given.length === 0)
      problems.required(
        at,
        "specify at least one of credentialBundlePath, keyPath, and certificateChainPath",
      );
    for (const field of given) {
      validateNonReservedPath(textAt(certificate, field), at.child(field), problems);
      this.take(textAt(certificate, field));
    }
  }
}
