import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { rewriteLink, rewritePage } from "./rewrite-links.ts";

const place = {
  prefix: "/api/v1/namespaces/n/services/s/proxy",
  backendHost: "10.0.0.1:8080",
  requestHost: "api.example:6443",
};

describe("a link of a proxied page", () => {
  it.each([
    ["/rewriteme", `${place.prefix}/rewriteme`],
    ["/folder/?a=/b#c", `${place.prefix}/folder/?a=/b#c`],
    ["/", `${place.prefix}/`],
    ["http://10.0.0.1:8080/x", `${place.prefix}/x`],
    ["https://api.example:6443/x", `https://api.example:6443${place.prefix}/x`],
    [`${place.prefix}/known`, `${place.prefix}/known`],
    ["relative/x", "relative/x"],
    ["?only=query", "?only=query"],
    ["#fragment", "#fragment"],
    ["http://elsewhere/x", "http://elsewhere/x"],
    ["//elsewhere/x", "//elsewhere/x"],
    ["mailto:a@b", "mailto:a@b"],
    ["data:text/plain,/x", "data:text/plain,/x"],
    ["", ""],
    ["/../../../secrets", `/api/v1/namespaces/n/secrets`],
  ])("%s becomes %s", (link, wanted) => {
    expect(rewriteLink(link, place)).toBe(wanted);
  });
});

describe("a proxied page", () => {
  function through(page: string, bytesAtOnce: number): Promise<string> {
    const bytes = Buffer.from(page);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += bytesAtOnce) {
      pieces.push(bytes.subarray(at, at + bytesAtOnce));
    }
    return rewritten(pieces);
  }
  async function rewritten(pieces: Iterable<Buffer>): Promise<string> {
    let out = "";
    await pipeline([
      Readable.from(pieces),
      ...rewritePage(place, 4 * 1024 * 1024),
      async (source: AsyncIterable<string | Buffer>) => {
        for await (const piece of source) out += piece.toString();
      },
    ]);
    return out;
  }

  const page =
    `<!doctype html><p  class='ä'>1 < 2 &amp; é</p><A HREF="/a">ü</A><img SRC='/b?x=1&amp;y'>` +
    `<script>if (a</b>0) "<a href='/no'>"</script><!-- <a href="/no"> --><a title="/no" href=x>`;
  const wanted =
    `<!doctype html><p  class='ä'>1 < 2 &amp; é</p><a href="${place.prefix}/a">ü</A>` +
    `<img src="${place.prefix}/b?x=1&amp;y"><script>if (a</b>0) "<a href='/no'>"</script>` +
    `<!-- <a href="/no"> --><a title="/no" href=x>`;

  it.each([1, 7, 4096])("keeps all but its links, in pieces of %i bytes", async (bytesAtOnce) => {
    expect(await through(page, bytesAtOnce)).toBe(wanted);
  });

  const endless = function* (begin: string, piece: string, pieces: number) {
    yield Buffer.from(begin);
    for (let count = 0; count < pieces; count++) yield Buffer.from(piece);
  };
  it.each([
    ["many tags", "", `<p>${"x".repeat(60_000)}`],
    ["much text", "<pre>", "words and words ".repeat(4_000)],
  ])("may have %s", async (_, begin, piece) => {
    expect(await rewritten(endless(begin, piece, 100))).toHaveLength(
      begin.length + 100 * piece.length,
    );
  });
  it.each([
    ["a tag", '<a href="'],
    ["a comment", "<!--"],
  ])("may not have %s without an end", async (_, begin) => {
    await expect(rewritten(endless(begin, "x".repeat(60_000), 100))).rejects.toThrow("too long");
  });
});
