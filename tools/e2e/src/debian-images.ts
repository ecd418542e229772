/** Small images made of programs that Debian packages have put on this machine. */
import { execFileSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { hostArchitecture, imageArchive, type TarEntry } from "@kubets/cri";
import { programPath } from "./program.ts";

const APPLETS = [
  "sh",
  "ls",
  "cat",
  "echo",
  "env",
  "hostname",
  "sleep",
  "true",
  "false",
  "wget",
  "id",
  "mount",
  "ps",
  "kill",
  "touch",
  "test",
  "nc",
  "ip",
  "nslookup",
  "sed",
  "tar",
  "wc",
  "head",
  "tail",
  "tee",
  "date",
  "stty",
  "md5sum",
  "httpd",
];

const folder = (path: string, mode = 0o755): TarEntry => ({
  path,
  mode,
  content: { type: "directory" },
});
const file = (path: string, bytes: Buffer | string, mode = 0o644): TarEntry => ({
  path,
  mode,
  content: { type: "file", bytes: Buffer.from(bytes) },
});
const link = (path: string, target: string): TarEntry => ({
  path,
  mode: 0o777,
  content: { type: "symlink", target },
});

function base(): TarEntry[] {
  const busybox = programPath("busybox");
  if (busybox === undefined) throw new Error("busybox-static is not installed");
  return [
    ...["bin", "etc", "proc", "sys", "dev", "var", "var/log", "var/run", "root", "home"].map(
      (path) => folder(path),
    ),
    folder("tmp", 0o1777),
    file("bin/busybox", readFileSync(busybox), 0o755),
    ...APPLETS.map((name) => link(`bin/${name}`, "busybox")),
    file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"),
    file("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
  ];
}

export function busyboxImage(name: string): Buffer {
  return imageArchive({
    name,
    architecture: hostArchitecture(),
    files: base(),
    command: ["sh"],
    env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
  });
}

const NGINX_CONF = `
user root;
worker_processes 1;
error_log stderr notice;
pid /tmp/nginx.pid;
events { worker_connections 64; }
http {
  access_log /dev/stdout;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
  server { listen 80; root /usr/share/nginx/html; }
}
`;

/**
 * Debian's nginx with the libraries it is linked to, as the textbooks' `nginx`. More programs of this machine go into
 * /bin: curl for instance, since the static busybox cannot look up names where another C library is.
 */
export function nginxImage(name: string, more: readonly string[] = []): Buffer {
  const found = (program: string) => {
    const path = programPath(program);
    if (path === undefined) throw new Error(`${program} is not installed`);
    return path;
  };
  const nginx = found("nginx");
  const linked = (program: string) => [
    ...execFileSync("ldd", [program], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g),
  ];
  const libraries = [
    ...new Set([nginx, ...more.map(found)].flatMap(linked).map(([, path = ""]) => path)),
  ];
  const folders = new Set<string>();
  for (const path of [
    ...libraries,
    "/usr/sbin/nginx",
    "/usr/share/nginx/html/index.html",
    "/etc/nginx/nginx.conf",
  ]) {
    const parts = path.split("/").slice(1, -1);
    for (let depth = 1; depth <= parts.length; depth++)
      folders.add(parts.slice(0, depth).join("/"));
  }
  const known = new Set(base().map(({ path }) => path));
  return imageArchive({
    name,
    architecture: hostArchitecture(),
    files: [
      ...base(),
      ...[...folders]
        .filter((path) => !known.has(path))
        .sort()
        .map((path) => folder(path)),
      ...libraries.map((path) => file(path.slice(1), readFileSync(realpathSync(path)), 0o755)),
      file("usr/sbin/nginx", readFileSync(nginx), 0o755),
      ...more.map((program) => file(`bin/${program}`, readFileSync(found(program)), 0o755)),
      file("etc/nginx/nginx.conf", NGINX_CONF),
      file("usr/share/nginx/html/index.html", "<h1>Welcome to nginx!</h1>\n"),
    ],
    entrypoint: ["/usr/sbin/nginx"],
    command: ["-c", "/etc/nginx/nginx.conf", "-g", "daemon off;"],
    env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    exposedPorts: ["80/tcp"],
    stopSignal: "SIGQUIT",
  });
}
