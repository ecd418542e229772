/** The containers of a compose project, asked of the docker engine that DOCKER_HOST names. */
import { request } from "node:http";

export interface ProjectContainer {
  /** `apiserver 1` */
  readonly name: string;
  readonly id: string;
}

const socketPath = (process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock").replace(
  /^unix:\/\//,
  "",
);

/** Those that run; what a container's programs are is up to its image. */
export async function containersOf(project: string): Promise<ProjectContainer[]> {
  const filters = encodeURIComponent(
    JSON.stringify({ label: [`com.docker.compose.project=${project}`] }),
  );
  const list = await ask<{ Id: string; Labels: Readonly<Record<string, string>> }[]>(
    `/containers/json?filters=${filters}`,
  );
  return list
    .map(({ Id: id, Labels: labels }) => {
      const label = (name: string) => labels[`com.docker.compose.${name}`] ?? "";
      return { id, name: `${label("service")} ${label("container-number")}` };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Its processes, by this machine's numbers; those of the pods of a node too. */
export async function pidsOf(id: string): Promise<number[]> {
  const { Processes: rows } = await ask<{ Processes: string[][] }>(
    `/containers/${id}/top?ps_args=${encodeURIComponent("-eo pid")}`,
  );
  return rows.map(([pid]) => Number(pid));
}

/** Processor time of everything that ran in it, also of what has ended: a health check lives for milliseconds. */
export async function cpuMsOf(id: string): Promise<number> {
  const stats = await ask<{ cpu_stats: { cpu_usage: { total_usage: number } } }>(
    `/containers/${id}/stats?stream=false&one-shot=true`,
  );
  return stats.cpu_stats.cpu_usage.total_usage / 1e6;
}

function ask<T>(path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: `/v1.41${path}` }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${path}: ${response.statusCode} ${text}`));
      });
    });
    call.on("error", reject);
    call.end();
  });
}
