/**
 * Pages of a pod or service link to paths of their own server; seen through the proxy these lie under the proxy's
 * path. Links and redirects that mean the backend are led back through it, all others stay as they are.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy/transport.go Transport @1.36
 */
import { posix } from "node:path";
import { Transform } from "node:stream";
import { RewritingStream } from "parse5-html-rewriting-stream";

export interface ProxiedPlace {
  /** The proxy's own path, without a slash at the end. */
  readonly prefix: string;
  /** host:port of the backend, and of the apiserver as the client wrote it. */
  readonly backendHost: string;
  readonly requestHost: string;
}

const parts = /^([a-z][a-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/is;

export function rewriteLink(link: string, place: ProxiedPlace): string {
  const [, scheme = "", host = "", path = "", rest = ""] = parts.exec(link) ?? [];
  const isElsewhere = host !== "" && host !== place.backendHost && host !== place.requestHost;
  if (isElsewhere || !path.startsWith("/")) return link;
  const origin = host !== "" && host === place.requestHost ? `${scheme}//${host}` : "";
  const target = path.startsWith(place.prefix) ? path : posix.join(place.prefix, path);
  return `${origin}${target}${rest}`;
}

/** Attributes that hold an address. Source: the HTML standard's table of attributes. */
const linkAttributes: ReadonlyMap<string, readonly string[]> = new Map([
  ["a", ["href"]],
  ["applet", ["codebase"]],
  ["area", ["href"]],
  ["audio", ["src"]],
  ["base", ["href"]],
  ["blockquote", ["cite"]],
  ["body", ["background"]],
  ["button", ["formaction"]],
  ["command", ["icon"]],
  ["del", ["cite"]],
  ["embed", ["src"]],
  ["form", ["action"]],
  ["frame", ["longdesc", "src"]],
  ["head", ["profile"]],
  ["html", ["manifest"]],
  ["iframe", ["longdesc", "src"]],
  ["img", ["longdesc", "src", "usemap"]],
  ["input", ["src", "usemap", "formaction"]],
  ["ins", ["cite"]],
  ["link", ["href"]],
  ["object", ["classid", "codebase", "data", "usemap"]],
  ["q", ["cite"]],
  ["script", ["src"]],
  ["source", ["src"]],
  ["video", ["poster", "src"]],
]);

/** Of a page, between one token and the next: more than any picture in an attribute, but not a tag without an end. */
const heldBytesDefault = 32 * 1024 * 1024;

/** A page goes in as bytes and comes out with its links led through the proxy; only tags with such links change. */
export function rewritePage(place: ProxiedPlace, heldBytesMax = heldBytesDefault): Transform[] {
  const rewriter = new RewritingStream();
  rewriter.on("startTag", (tag, raw) => {
    const names = linkAttributes.get(tag.tagName) ?? [];
    let isChanged = false;
    for (const attribute of tag.attrs) {
      if (!names.includes(attribute.name)) continue;
      const value = rewriteLink(attribute.value, place);
      isChanged ||= value !== attribute.value;
      attribute.value = value;
    }
    if (isChanged) rewriter.emitStartTag(tag);
    else rewriter.emitRaw(raw);
  });
  let heldBytes = 0;
  rewriter.on("data", () => {
    heldBytes = 0;
  });
  const hold = (bytes: number) => {
    heldBytes += bytes;
    return heldBytes <= heldBytesMax;
  };
  return [decodeText(hold), rewriter];
}

/** The parser takes text: a character may lie across two pieces. */
function decodeText(hold: (bytes: number) => boolean): Transform {
  const decoder = new TextDecoder();
  return new Transform({
    readableObjectMode: true,
    transform(piece: Buffer, _encoding, done) {
      if (hold(piece.length)) done(null, decoder.decode(piece, { stream: true }));
      else done(new Error("a tag of a proxied page is too long"));
    },
    flush(done) {
      done(null, decoder.decode());
    },
  });
}
