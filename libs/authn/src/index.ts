export type { AuthenticationResult, Authenticator, Credentials, UserInfo } from "./authenticator.ts";
