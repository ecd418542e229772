/** The server on real sockets, asked by c-ares through node:dns and by hand. */
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { endpointSlices, namespaces, pods, services } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { Metrics, silentLogger, systemClock } from "@kubets/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClusterDns } from "./cluster-dns.ts";
import { dnsPacket } from "./packet-codec.ts";
import { resolversOf } from "./resolv-conf.ts";
import { emptySlice, NAMESPACES, pod, SERVICES, SLICES, service, slice } from "./testing/scene.ts";

const HOST = "127.0.0.1";

describe("the cluster's DNS", () => {
  const client = createMemoryClient({ clock: systemClock });
  const metrics = new Metrics();
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  /** Stands for the machine's resolver: knows one name. */
  const outside = createSocket("udp4");
  let outsideAsked = 0;
  let dns: ClusterDns;

  beforeAll(async () => {
    for (const each of NAMESPACES) client.seed(namespaces, each);
    for (const each of SERVICES) client.seed(services, each);
    for (const each of SLICES) client.seed(endpointSlices, each);
    client.seed(pods, pod("some", "10.244.0.5"));
    const many = Array.from({ length: 200 }, (_, index) => ({ address: `10.244.9.${index + 1}` }));
    client.seed(services, service("crowd", { clusterIP: "None", clusterIPs: ["None"] }));
    client.seed(endpointSlices, slice("crowd", many));
    outside.on("message", (bytes, from) => {
      outsideAsked += 1;
      const { id, questions } = dnsPacket.decode(bytes);
      const [question] = questions;
      const isKnown = question?.name.toLowerCase() === "www.example.com";
      const answers =
        isKnown && question?.type === "A"
          ? [{ name: question.name, type: "A", ttl: 60, data: "192.0.2.7" }]
          : [];
      outside.send(
        dnsPacket.encode({ type: "response", id, flags: isKnown ? 0 : 3, questions, answers }),
        from.port,
        from.address,
      );
    });
    await new Promise<void>((resolve) => outside.bind(0, HOST, resolve));
    dns = new ClusterDns({
      client,
      zone: { domain: "cluster.local", ttlSeconds: 30, pods: "verified" },
      address: HOST,
      port: 0,
      resolvers: [{ address: HOST, port: outside.address().port }],
      clock: systemClock,
      logger: silentLogger,
      metrics,
      random: () => 0,
    });
    await dns.start();
    while (!dns.isReady) await new Promise((resolve) => setImmediate(resolve));
    resolver.setServers([`${HOST}:${dns.port}`]);
  });
  afterAll(async () => {
    await dns.stop();
    outside.close();
  });

  const udp = (bytes: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const socket = createSocket("udp4");
      socket.once("error", reject);
      socket.once("message", (answer) => socket.close(() => resolve(answer)));
      socket.send(bytes, dns.port, HOST);
    });
  const question = (name: string, more: object = {}) =>
    dnsPacket.encode({ type: "query", id: 9, questions: [{ type: "A", name }], ...more });

  it("asks others once for what it still knows", async () => {
    await resolver.resolve4("www.example.com");
    const asked = outsideAsked;
    expect(await resolver.resolve4("www.example.com")).toEqual(["192.0.2.7"]);
    expect(outsideAsked).toBe(asked);
    expect(await metrics.text()).toMatch(/coredns_cache_hits_total\{.*type="success".*\} [1-9]/);
  });
  it("knows Services, their ports and who has an address", async () => {
    expect(await resolver.resolve4("web.default.svc.cluster.local")).toEqual(["10.96.0.20"]);
    expect(await resolver.resolve6("web.default.svc.cluster.local")).toEqual(["fd00::20"]);
    expect(await resolver.resolveSrv("_http._tcp.web.default.svc.cluster.local")).toMatchObject([
      { name: "web.default.svc.cluster.local", port: 80, priority: 0, weight: 100 },
    ]);
    expect(await resolver.reverse("10.96.0.20")).toEqual(["web.default.svc.cluster.local"]);
    expect(await resolver.resolve4("pets-0.pets.default.svc.cluster.local")).toEqual([
      "10.244.0.5",
    ]);
    expect(await resolver.resolve4("10-244-0-5.default.pod.cluster.local")).toEqual(["10.244.0.5"]);
  });
  it("tells names that do not exist from names without such a record", async () => {
    await expect(resolver.resolve4("nothing.default.svc.cluster.local")).rejects.toMatchObject({
      code: "ENOTFOUND",
    });
    await expect(resolver.resolveMx("web.default.svc.cluster.local")).rejects.toMatchObject({
      code: "ENODATA",
    });
    const { authorities } = dnsPacket.decode(
      await udp(question("nothing.default.svc.cluster.local")),
    );
    expect(authorities).toMatchObject([{ name: "cluster.local", type: "SOA", ttl: 30 }]);
  });
  it("sends a client to TCP when the answer is too long", async () => {
    const short = dnsPacket.decode(await udp(question("crowd.default.svc.cluster.local")));
    expect(short.flag_tc).toBe(true);
    expect(await resolver.resolve4("crowd.default.svc.cluster.local")).toHaveLength(200);
  });
  it("answers several questions of one connection", async () => {
    const message = question("web.default.svc.cluster.local");
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    const socket = connect({ host: HOST, port: dns.port });
    // In pieces that are no messages.
    const all = Buffer.concat([length, message, length, message]);
    socket.write(all.subarray(0, 5));
    socket.write(all.subarray(5));
    let received = Buffer.alloc(0);
    const count = await new Promise<number>((resolve) => {
      socket.on("data", (data) => {
        received = Buffer.concat([received, Buffer.from(data)]);
        const size = received.length < 2 ? 0 : received.readUInt16BE(0) + 2;
        if (size > 0 && received.length >= 2 * size) resolve(received.length / size);
      });
    });
    socket.destroy();
    expect(count).toBe(2);
  });
  it("asks the machine's resolver for other names, and gives up none of its own", async () => {
    expect(await resolver.resolve4("www.example.com")).toEqual(["192.0.2.7"]);
    await expect(resolver.resolve4("other.example.com")).rejects.toMatchObject({
      code: "ENOTFOUND",
    });
    const before = outsideAsked;
    await expect(resolver.resolve4("x.cluster.local")).rejects.toMatchObject({ code: "ENOTFOUND" });
    expect(outsideAsked).toBe(before);
  });
  it("follows external names, outside and inside", async () => {
    expect(await resolver.resolve4("out.default.svc.cluster.local")).toEqual(["192.0.2.7"]);
    expect(await resolver.resolve4("alias.default.svc.cluster.local")).toEqual(["10.96.0.20"]);
    expect(await resolver.resolveCname("out.default.svc.cluster.local")).toEqual([
      "www.example.com",
    ]);
  });
  it("follows the cluster at once", async () => {
    client.seed(services, service("late", { clusterIP: "10.96.0.99", clusterIPs: ["10.96.0.99"] }));
    await expect
      .poll(() => resolver.resolve4("late.default.svc.cluster.local").catch(() => []))
      .toEqual(["10.96.0.99"]);
  });
  it("goes on following it past a slice without endpoints, whose list is null", async () => {
    const resolve = (name: string) =>
      resolver.resolve4(`${name}.default.svc.cluster.local`).catch(() => []);
    client.seed(services, service("herd", { clusterIP: "None", clusterIPs: ["None"] }));
    client.seed(endpointSlices, emptySlice("herd"));
    client.seed(endpointSlices, slice("herd", [{ address: "10.244.3.1" }]));
    await expect.poll(() => resolve("herd")).toEqual(["10.244.3.1"]);
    client.seed(endpointSlices, { ...emptySlice("herd"), metadata: slice("herd", []).metadata });
    await expect.poll(() => resolve("herd")).toEqual([]);
    expect(await resolve("pets-0.pets")).toEqual(["10.244.0.5"]);
  });
  it.each([
    ["another version of EDNS", { additionals: [{ type: "OPT", name: ".", ednsVersion: 1 }] }, 0],
    ["an update", { flags: 5 << 11 }, 4],
    ["another class", { questions: [{ type: "A", name: "web.svc", class: "CH" }] }, 5],
    ["a zone's contents", { questions: [{ type: "AXFR", name: "cluster.local" }] }, 5],
  ])("refuses %s", async (_, more, code) => {
    const answer = await udp(question("web.default.svc.cluster.local", more));
    expect(answer.readUInt16BE(2) & 0xf).toBe(code);
    expect(dnsPacket.decode(answer).answers).toEqual([]);
  });
  it("counts as CoreDNS does", async () => {
    const text = await metrics.text();
    expect(text).toMatch(
      /coredns_dns_requests_total\{server="dns:\/\/:\d+",zone="cluster\.local\.",proto="udp",family="1",type="A"\} [1-9]/,
    );
    expect(text).toMatch(/coredns_dns_responses_total\{.*rcode="NXDOMAIN".*\} [1-9]/);
  });
});

describe("names of others", () => {
  it("are asked of the machine's resolvers, never of ourselves", () => {
    const text = "# x\nnameserver 10.0.0.1\nsearch a b\nnameserver  ::1\nnameserver 10.200.0.1\n";
    expect(resolversOf(text, "10.200.0.1")).toEqual([
      { address: "10.0.0.1", port: 53 },
      { address: "::1", port: 53 },
    ]);
  });
  it("fail when nobody answers, in bounded time", async () => {
    const silent = createSocket("udp4");
    await new Promise<void>((resolve) => silent.bind(0, HOST, resolve));
    const { Forwarder } = await import("./forwarder.ts");
    const forwarder = new Forwarder({
      resolvers: [{ address: HOST, port: silent.address().port }],
      clock: systemClock,
      tryTimeoutMs: 50,
      concurrentMax: 1,
    });
    const message = dnsPacket.encode({
      type: "query",
      id: 1,
      questions: [{ type: "A", name: "a" }],
    });
    const { signal } = new AbortController();
    const first = forwarder.ask(message, "udp", signal);
    expect((await forwarder.ask(message, "udp", signal)).kind).toBe("busy");
    expect((await first).kind).toBe("unreachable");
    silent.close();
  });
});
