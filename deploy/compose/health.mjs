// The health checks of the containers: `node health.mjs https://127.0.0.1:6443/readyz` ends with 0 when it answers 200.
import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";

const [, , url = ""] = process.argv;
const get = url.startsWith("https:") ? getSecure : getPlain;
const call = get(url, { rejectUnauthorized: false, timeout: 3000 }, (response) => {
  response.resume();
  response.on("end", () => {
    process.exitCode = response.statusCode === 200 ? 0 : 1;
  });
});
call.on("timeout", () => call.destroy(new Error("no answer in 3 s")));
call.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
