/**
 * A program for one network namespace of a test: a TCP and a UDP server that answer with their name and whom they see,
 * and a client that is told on stdin what to ask: "tcp HOST PORT", "udp HOST PORT FROM_PORT".
 */
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

const [name = "", port = "8080"] = process.argv.slice(2);
const TIMEOUT_MS = 1_000;
const say = (text: string) => process.stdout.write(`${text}\n`);

const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.end(`${name} ${socket.remoteAddress}`);
});
const udp = createSocket("udp4");
udp.on("message", (_, from) => udp.send(`${name} ${from.address}`, from.port, from.address));
await Promise.all([
  new Promise<void>((resolve) => server.listen(Number(port), "0.0.0.0", resolve)),
  new Promise<void>((resolve) => udp.bind(Number(port), "0.0.0.0", resolve)),
]);
say("ready");

function askTcp(host: string, at: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: at });
    let text = "";
    socket.setTimeout(TIMEOUT_MS, () => {
      socket.destroy();
      resolve("timeout");
    });
    socket.on("data", (data) => {
      text += data.toString();
    });
    socket.on("error", (error) => resolve("code" in error ? String(error.code) : error.message));
    socket.on("close", () => resolve(text));
  });
}

function askUdp(host: string, at: number, from: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (text: string) => {
      clearTimeout(timer);
      socket.close(() => resolve(text));
    };
    const timer = setTimeout(() => end("timeout"), TIMEOUT_MS);
    socket.once("message", (text) => end(text.toString()));
    socket.once("error", (error) => end(error.message));
    socket.bind(from, () => socket.send("?", at, host));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const [kind, host = "", at, from] = line.split(" ");
  const asked = kind === "udp" ? askUdp(host, Number(at), Number(from)) : askTcp(host, Number(at));
  say(await asked);
}
server.close();
udp.close();
