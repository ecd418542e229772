/** What users do with the streams of pods, the same for every version of kubectl. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { ForwardedPort } from "./forwarded-port.ts";
import { eventually, type Outcome } from "./program.ts";

export interface StreamingClient {
  /** "1.27" as a part of names: "1-27". */
  readonly id: string;
  /** A folder of this version's own. */
  readonly folder: string;
  kubectl(...args: string[]): Promise<Outcome>;
  /** A line of the shell in which `k` is this kubectl. */
  shell(line: string): Promise<Outcome>;
  /** The same with a terminal of 33 lines and 101 columns. */
  terminal(line: string): Promise<Outcome>;
  forward(...args: string[]): Promise<ForwardedPort>;
}

export type StreamingCase = (client: StreamingClient) => Promise<void>;

const MUCH = 50 * 1024 * 1024;
const FRAME = "If you don't see a command prompt, try pressing enter.";
const UNTIL_SIZED =
  'i=0; while [ "$(stty size)" != "33 101" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done; stty size';

const ok = (stdout: unknown) => expect.objectContaining({ code: 0, stdout });
const failed = (code: number, stderr: string) =>
  expect.objectContaining({ code, stderr: expect.stringContaining(stderr) });

export const cases: Readonly<Record<string, StreamingCase>> = {
  async "exec gives output, errors and the exit code"({ kubectl }) {
    const script = "echo out; echo err >&2; exit 3";
    expect(await kubectl("exec", "box", "--", "sh", "-c", script)).toEqual({
      code: 3,
      stdout: "out\n",
      stderr: "err\ncommand terminated with exit code 3\n",
    });
  },

  async "exec -i passes input on, and its end"({ shell }) {
    expect(await shell("printf 'a\\nb\\n' | k exec -i box -- wc -l")).toEqual(ok("2\n"));
  },

  async "exec carries 50 MiB in and out"({ shell, folder }) {
    const file = join(folder, "much");
    writeFileSync(file, randomBytes(MUCH));
    const sums = await shell(`md5sum < ${file}; k exec -i box -- cat < ${file} | md5sum`);
    const [sent, back] = sums.stdout.split("\n");
    expect(sums).toEqual(ok(expect.any(String)));
    expect(back).toBe(sent);
  },

  async "exec -it has a terminal of the size of the user's"({ terminal }) {
    const { stdout } = await terminal(`k exec -it box -- sh -c '${UNTIL_SIZED}'`);
    expect(stdout).toContain("33 101");
  },

  async "exec says what cannot be"({ kubectl }) {
    expect(await kubectl("exec", "box", "--", "no-such-program")).toEqual(
      failed(
        1,
        'error executing command in container: failed to exec in container: failed to start exec "',
      ),
    );
    expect(await kubectl("exec", "-c", "other", "box", "--", "true")).toEqual(
      failed(1, "Error from server (BadRequest): container other is not valid for pod box"),
    );
    expect(await kubectl("exec", "nobody", "--", "true")).toEqual(
      failed(1, 'Error from server (NotFound): pods "nobody" not found'),
    );
    expect(await kubectl("exec", "done", "--", "true")).toEqual(
      failed(1, "cannot exec into a container in a completed pod; current phase is Succeeded"),
    );
    expect(await kubectl("--as=reader", "exec", "box", "--", "true")).toEqual(
      failed(
        1,
        'User "reader" cannot create resource "pods/exec" in API group "" in the namespace "default"',
      ),
    );
  },

  async "a client that dies ends the command's streams"({ shell, kubectl, folder, id }) {
    const said = join(folder, "said");
    // The pipe stays open, so the command's input ends with the client and not before.
    await shell(
      `sleep 60 2>/dev/null | k exec -i box -- sh -c 'echo begun; cat; touch /tmp/ended-${id}' > ${said} 2>&1 & client=$!
      until grep -q begun ${said}; do sleep 0.2; done; kill -9 $client; kill $(jobs -p) 2>/dev/null; true`,
    );
    await eventually(
      "the end of the input",
      20_000,
      () => kubectl("exec", "box", "--", "ls", `/tmp/ended-${id}`),
      ({ code }) => code === 0,
    );
  },

  async "attach shows what a program says from then on"({ shell }) {
    const { stdout } = await shell("timeout 30 k attach ticker -c main 2>/dev/null | head -n 2");
    expect(stdout).toMatch(/^tick \d+\ntick \d+\n$/);
  },

  async "run -i --rm feeds a pod and shows what it makes of it"({ shell, id }) {
    const { code, stdout } = await shell(
      `echo fed in | k run fed-${id} -i --rm --restart=Never --image=busybox:1.35 -- cat`,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^fed in$/m);
    expect(stdout).toContain(`pod "fed-${id}" deleted`);
  },

  async "run -it --rm has a terminal"({ terminal, id }) {
    const { stdout } = await terminal(
      `k run seen-${id} -it --rm --restart=Never --image=busybox:1.35 -- sh -c '${UNTIL_SIZED}'`,
    );
    expect(stdout).toContain("33 101");
    expect(stdout).toContain(FRAME);
  },

  async "debug -i reaches an ephemeral container, which sees its target"({ shell, id }) {
    // The program reads before it says anything, so that attaching cannot come too late. It answers after a moment, since
    // containerd passes input on before it takes the output; and the end of the client's input would end the attachment.
    const { stdout } = await shell(
      `k debug -q debugged -c eph-${id} --image=busybox:1.35 --target=main -i -- sh -c 'read word; sleep 0.3; echo $word; ps; sleep 0.3' < <(exec 2>/dev/null; echo hello; sleep 30)`,
    );
    expect(stdout).toMatch(/^hello$/m);
    expect(stdout).toMatch(/\d+ root +sleep 36000/);
  },

  async "logs come whole, in parts, with names and times"({ kubectl }) {
    const lines = "one\ntwo\nthree\n";
    expect(await kubectl("logs", "done")).toEqual(ok(lines));
    expect(await kubectl("logs", "done", "-f")).toEqual(ok(lines));
    expect(await kubectl("logs", "done", "--tail=2")).toEqual(ok("two\nthree\n"));
    expect(await kubectl("logs", "done", "--limit-bytes=5")).toEqual(ok("one\nt"));
    expect(await kubectl("logs", "done", "--since=1h")).toEqual(ok(lines));
    expect(await kubectl("logs", "done", "--since-time=2999-01-01T00:00:00Z")).toEqual(ok(""));
    expect(await kubectl("logs", "done", "--timestamps", "--tail=1")).toEqual(
      ok(expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/)),
    );
    expect(await kubectl("logs", "-l", "app=done", "--prefix", "--tail=1")).toEqual(
      ok("[pod/done/main] three\n"),
    );
    expect(await kubectl("logs", "crasher", "--previous")).toEqual(ok("dying\n"));
    expect(await kubectl("logs", "done", "--previous")).toEqual(
      failed(1, 'previous terminated container "main" in pod "done" not found'),
    );
  },

  async "logs -f shows lines as they come"({ shell }) {
    const { stdout } = await shell("timeout 30 k logs -f --tail=1 ticker 2>/dev/null | head -n 3");
    const [first = 0, ...more] = [...stdout.matchAll(/^tick (\d+)$/gm)].map(([, n]) => Number(n));
    expect(more).toEqual([first + 1, first + 2]);
  },

  async "cp takes folders there and back"({ kubectl, folder, id }) {
    const [there, back] = [join(folder, "there"), join(folder, "back")];
    mkdirSync(join(there, "deep"), { recursive: true });
    const big = randomBytes(3_000_000);
    writeFileSync(join(there, "deep", "big"), big);
    writeFileSync(join(there, "small"), "small\n");
    expect(await kubectl("cp", there, `box:/tmp/there-${id}`)).toEqual(ok(expect.any(String)));
    expect(await kubectl("exec", "box", "--", "cat", `/tmp/there-${id}/small`)).toEqual(
      ok("small\n"),
    );
    expect(await kubectl("cp", `box:/tmp/there-${id}`, back)).toEqual(ok(expect.any(String)));
    expect(readFileSync(join(back, "deep", "big")).equals(big)).toBe(true);
  },

  async "port-forward reaches pods, Services and Deployments"({ forward, kubectl }) {
    const { stdout: pod } = await kubectl("get", "pods", "-l", "app=web", "-o", "name");
    const targets = [
      [pod.trim(), ":8080"],
      ["svc/web", ":80"],
      ["deploy/web", ":8080"],
    ];
    await Promise.all(
      targets.map(async (target) => {
        const port = await forward(...target);
        // Several connections through one client, at once and one after the other.
        const page = async () => (await fetch(`http://127.0.0.1:${port.number}/`)).text();
        expect(await Promise.all([page(), page(), page()])).toEqual(Array(3).fill("hello\n"));
        expect(await page()).toBe("hello\n");
        await port.stop();
      }),
    );
  },

  async "port-forward says why a port cannot be reached"({ forward, kubectl }) {
    const { stdout: pod } = await kubectl("get", "pods", "-l", "app=web", "-o", "name");
    const port = await forward(pod.trim(), ":81");
    await expect(fetch(`http://127.0.0.1:${port.number}/`)).rejects.toThrow();
    await eventually(
      "the reason",
      10_000,
      async () => port.errors(),
      (text) => /refused/.test(text),
    );
    await port.stop();
  },
};
