/**
 * Upstream: pkg/registry/authentication/tokenreview/storage.go and selfsubjectreview/rest.go @1.36
 */
import { badRequest, internalError } from "@kubets/api";
import type {
  SelfSubjectReview,
  TokenReview,
  UserInfo as UserInfoV1,
} from "@kubets/api/authentication/v1";
import type { UserInfo } from "./authenticator.ts";
import { intersectAudiences, type TokenAuthenticator } from "./tokens/token-authenticator.ts";

export interface TokenReviewOptions {
  readonly tokens: TokenAuthenticator;
  /** Upstream flag: --api-audiences. */
  readonly audiences: readonly string[];
}

/** Answers whose token this is, for servers that cannot verify it themselves. */
export async function reviewToken(
  review: TokenReview,
  options: TokenReviewOptions,
): Promise<TokenReview> {
  const token = review.spec.token ?? "";
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  const given = review.spec.audiences ?? [];
  const audiences = given.length > 0 ? given : options.audiences;
  const result = await options.tokens.authenticateToken(token, audiences);
  if (result === "notMine")
    return { ...review, status: { error: "invalid bearer token", user: {} } };
  if ("refused" in result) return { ...review, status: { error: result.refused, user: {} } };
  const matched = intersectAudiences(audiences, result.audiences ?? []);
  if (audiences.length > 0 && matched.length === 0)
    throw internalError("error validating audiences");
  return {
    ...review,
    status: { authenticated: true, user: userInfoV1(result.user), audiences: [...matched] },
  };
}

/** `kubectl auth whoami`. */
export function reviewSelf(review: SelfSubjectReview, user: UserInfo): SelfSubjectReview {
  return { ...review, status: { userInfo: userInfoV1(user) } };
}

/** A user in the form that reviews and admission webhooks show. */
export function userInfoV1(user: UserInfo): UserInfoV1 {
  return {
    username: user.name,
    ...(user.uid === undefined || user.uid === "" ? {} : { uid: user.uid }),
    groups: [...user.groups],
    ...(user.extra === undefined
      ? {}
      : {
          extra: Object.fromEntries(
            Object.entries(user.extra).map(([key, values]) => [key, [...values]]),
          ),
        }),
  };
}
