import { X509Certificate } from "node:crypto";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  FakeClock,
  issueCertificate,
} from "@kubets/service";
import { beforeAll, expect, test } from "vitest";
import type { Authenticator, Credentials } from "./authenticator.ts";
import { createAuthenticatorChain } from "./authenticator-chain.ts";
import { createClientCertificateAuthenticator } from "./client-certificate.ts";
import { createFrontProxyAuthenticator } from "./front-proxy.ts";
import { createBearerTokenAuthenticator } from "./tokens/token-authenticator.ts";
import { createTokenFileAuthenticator } from "./tokens/token-file.ts";

const clock = new FakeClock();
let clientCa: CertificateAuthority;
let proxyCa: CertificateAuthority;
let chain: Authenticator;

beforeAll(async () => {
  clientCa = await createCertificateAuthority({ commonName: "kubernetes", clock });
  proxyCa = await createCertificateAuthority({ commonName: "front-proxy-ca", clock });
  chain = createAuthenticatorChain({
    anonymous: true,
    authenticators: [
      createFrontProxyAuthenticator({
        authorities: proxyCa.certificate,
        allowedNames: ["front-proxy-client"],
        usernameHeaders: ["X-Remote-User"],
        uidHeaders: ["X-Remote-Uid"],
        groupHeaders: ["X-Remote-Group"],
        extraHeaderPrefixes: ["X-Remote-Extra-"],
        clock,
      }),
      createClientCertificateAuthenticator({ authorities: clientCa.certificate, clock }),
      createBearerTokenAuthenticator({
        audiences: ["api"],
        authenticators: [
          createTokenFileAuthenticator({
            path: "tokens.csv",
            audiences: ["api"],
            text: 'good,alice,u1,"dev,ops"\nplain,bob,u2\n\n"quo""ted",carol,u3,\n',
          }),
        ],
      }),
    ],
  });
});

function credentials(
  over: Partial<Credentials> & { headers?: Record<string, string[]> } = {},
): Credentials {
  const { headers = {}, ...rest } = over;
  return {
    header: (name) => headers[name] ?? [],
    headerNames: (prefix) => Object.keys(headers).filter((name) => name.startsWith(prefix)),
    remoteAddress: "127.0.0.1",
    ...rest,
  };
}

async function certificate(
  ca: CertificateAuthority,
  commonName: string,
  ...organizations: string[]
) {
  const issued = await issueCertificate({
    ca,
    commonName,
    organizations,
    usages: ["client"],
    clock,
  });
  return [new X509Certificate(issued.certificate).raw];
}

test("nobody in particular is anonymous", () => {
  expect(chain.authenticate(credentials())).toEqual({
    user: { name: "system:anonymous", groups: ["system:unauthenticated"] },
  });
});

test("without --anonymous-auth nobody knows such a caller", () => {
  const strict = createAuthenticatorChain({ authenticators: [], anonymous: false });
  expect(strict.authenticate(credentials())).toBe("notMine");
});

test("a client certificate names the user and the groups, and answers without waiting", async () => {
  const clientCertificates = await certificate(clientCa, "jane", "dev");
  expect(chain.authenticate(credentials({ clientCertificates }))).toEqual({
    user: {
      name: "jane",
      groups: ["dev", "system:authenticated"],
      extra: {
        "authentication.kubernetes.io/credential-id": [
          expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/),
        ],
      },
    },
  });
});

test("the same certificate gives the same user, so that others may remember things by it", async () => {
  const clientCertificates = await certificate(clientCa, "jane");
  const first = chain.authenticate(credentials({ clientCertificates }));
  const again = chain.authenticate(
    credentials({ clientCertificates: clientCertificates.map((der) => Buffer.from(der)) }),
  );
  expect(again).toBe(first);
});

test.each([
  ["good", { name: "alice", uid: "u1", groups: ["dev", "ops", "system:authenticated"] }],
  ["plain", { name: "bob", uid: "u2", groups: ["system:authenticated"] }],
  ['quo"ted', { name: "carol", uid: "u3", groups: ["system:authenticated"] }],
])("the token %s of the file is its user", (bearerToken, user) => {
  expect(chain.authenticate(credentials({ bearerToken }))).toEqual({ user, audiences: ["api"] });
});

test("a wrong token is refused and never anonymous", () => {
  expect(chain.authenticate(credentials({ bearerToken: "wrong" }))).toEqual({
    refused: "invalid bearer token",
  });
});

test("a certificate of another authority is refused, unless a good token comes with it", async () => {
  const other = await createCertificateAuthority({ commonName: "kubernetes", clock });
  const clientCertificates = await certificate(other, "system:admin", "system:masters");
  expect(chain.authenticate(credentials({ clientCertificates }))).toEqual({
    refused: "x509: certificate signed by unknown authority",
  });
  expect(
    chain.authenticate(credentials({ clientCertificates, bearerToken: "plain" })),
  ).toMatchObject({ user: { name: "bob" } });
  expect(chain.authenticate(credentials({ clientCertificates, bearerToken: "wrong" }))).toEqual({
    refused: "[x509: certificate signed by unknown authority, invalid bearer token]",
  });
});

const remoteHeaders = {
  "x-remote-user": ["remote"],
  "x-remote-uid": ["r1"],
  "x-remote-group": ["a", "b"],
  "x-remote-extra-acme.example%2fteam": ["blue"],
};

test("the front proxy's headers say who its caller is", async () => {
  const clientCertificates = await certificate(proxyCa, "front-proxy-client");
  expect(chain.authenticate(credentials({ clientCertificates, headers: remoteHeaders }))).toEqual({
    user: {
      name: "remote",
      uid: "r1",
      groups: ["a", "b", "system:authenticated"],
      extra: { "acme.example/team": ["blue"] },
    },
  });
});

test("the same headers from an ordinary client change nothing", async () => {
  const clientCertificates = await certificate(clientCa, "jane");
  expect(
    chain.authenticate(credentials({ clientCertificates, headers: remoteHeaders })),
  ).toMatchObject({ user: { name: "jane" } });
  expect(chain.authenticate(credentials({ headers: remoteHeaders }))).toMatchObject({
    user: { name: "system:anonymous" },
  });
});

test("a certificate of the front proxy's authority is no user, and not every one of them is the proxy", async () => {
  const clientCertificates = await certificate(proxyCa, "front-proxy-client", "system:masters");
  expect(chain.authenticate(credentials({ clientCertificates }))).toEqual({
    refused: "x509: certificate signed by unknown authority",
  });
  const wrongName = await certificate(proxyCa, "somebody");
  expect(
    chain.authenticate(credentials({ clientCertificates: wrongName, headers: remoteHeaders })),
  ).toHaveProperty("refused");
});

test("a token file with too few columns stops the start", () => {
  expect(() => createTokenFileAuthenticator({ path: "t.csv", text: "a,b", audiences: [] })).toThrow(
    "token file 't.csv' must have at least 3 columns (token, user name, user uid), found 2",
  );
});
