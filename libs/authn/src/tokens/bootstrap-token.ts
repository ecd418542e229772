/**
 * Tokens that join nodes: secrets of their own type in kube-system.
 *
 * Upstream: plugin/pkg/auth/authenticator/token/bootstrap/bootstrap.go @1.36
 */
import { timingSafeEqual } from "node:crypto";
import type { Secret } from "@kubets/api/core/v1";
import type { Clock } from "@kubets/service";
import { withAuthenticatedGroup } from "../groups.ts";
import { intersectAudiences, type TokenAuthenticator } from "./token-authenticator.ts";

export interface BootstrapTokenOptions {
  /** The state now, in kube-system. */
  readonly secret: (name: string) => Secret | undefined;
  readonly audiences: readonly string[];
  readonly clock: Clock;
}

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const SECRET_TYPE = "bootstrap.kubernetes.io/token";
const DEFAULT_GROUP = "system:bootstrappers";
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

export function createBootstrapTokenAuthenticator(
  options: BootstrapTokenOptions,
): TokenAuthenticator {
  return {
    name: "bootstrap-token",
    authenticateToken(token, wanted) {
      const parts = TOKEN.exec(token);
      const [, id, value] = parts ?? [];
      if (id === undefined || value === undefined) return "notMine";
      const secret = options.secret(`bootstrap-token-${id}`);
      if (secret === undefined || secret.type !== SECRET_TYPE) return "notMine";
      if (secret.metadata.deletionTimestamp !== undefined) return "notMine";
      if (field(secret, "token-id") !== id || !sameText(field(secret, "token-secret"), value)) {
        return "notMine";
      }
      const expiration = field(secret, "expiration");
      if (expiration !== "" && !(Date.parse(expiration) > options.clock.now())) return "notMine";
      if (field(secret, "usage-bootstrap-authentication") !== "true") return "notMine";
      const groups = new Set([DEFAULT_GROUP]);
      for (const group of field(secret, "auth-extra-groups").split(",")) {
        if (group.trim() === "") continue;
        if (!EXTRA_GROUP.test(group.trim())) return "notMine";
        groups.add(group.trim());
      }
      const audiences = intersectAudiences(wanted, options.audiences);
      if (wanted.length > 0 && audiences.length === 0) return "notMine";
      return {
        user: withAuthenticatedGroup({
          name: `system:bootstrap:${id}`,
          groups: [...groups].sort(),
        }),
        audiences,
      };
    },
  };
}

function field(secret: Secret, key: string): string {
  const data = secret.data;
  if (data === undefined || !Object.hasOwn(data, key)) return "";
  return Buffer.from(data[key] ?? "", "base64").toString("utf8");
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
