/**
 * Image names as users write them.
 *
 * Upstream: pkg/util/parsers/parsers.go ParseImageName; github.com/distribution/reference
 */
import { KubeletError } from "../kubelet-error.ts";

export interface ImageName {
  /** "docker.io" where the name has no host. */
  readonly registry: string;
  /** "library/nginx". */
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?$/;
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const REPOSITORY_CHARS_MAX = 255;

/** Throws KubeletError with upstream's text. */
export function parseImageName(image: string): ImageName {
  const invalid = (why: string): never => {
    throw new KubeletError(
      "invalidSpec",
      `couldn't parse image name ${JSON.stringify(image)}: ${why}`,
    );
  };
  const [nameAndTag = "", digest, more] = image.split("@");
  if (more !== undefined || (digest !== undefined && !DIGEST.test(digest))) {
    invalid("invalid reference format");
  }
  const slash = nameAndTag.lastIndexOf("/");
  const colon = nameAndTag.indexOf(":", slash + 1);
  const tag = colon < 0 ? undefined : nameAndTag.slice(colon + 1);
  const name = colon < 0 ? nameAndTag : nameAndTag.slice(0, colon);
  if (tag !== undefined && !TAG.test(tag)) invalid("invalid reference format");
  const [first = "", ...others] = name.split("/");
  const hasHost =
    others.length > 0 &&
    (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  const parts = hasHost ? others : [first, ...others];
  if (hasHost && !HOST.test(first)) invalid("invalid reference format");
  if (!parts.every((part) => PATH_PART.test(part))) {
    const isCaseOnly = parts.every((part) => PATH_PART.test(part.toLowerCase()));
    invalid(
      isCaseOnly
        ? "invalid reference format: repository name must be lowercase"
        : "invalid reference format",
    );
  }
  const registry = hasHost ? first : "docker.io";
  const path = parts.join("/");
  const isOfficial = registry === "docker.io" && parts.length === 1;
  const repository = isOfficial ? `library/${path}` : path;
  if (repository.length > REPOSITORY_CHARS_MAX) {
    invalid("repository name must not be more than 255 characters");
  }
  return { registry, repository, tag, digest };
}

/** The name with ":latest" where it has neither tag nor digest. */
export function withDefaultTag(image: string): string {
  const { tag, digest } = parseImageName(image);
  return tag === undefined && digest === undefined ? `${image}:latest` : image;
}
