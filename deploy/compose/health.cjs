// What health.sh asks over TLS: `node health.cjs https://127.0.0.1:6443/readyz` ends with 0 when it answers 200. No module
// of its own kind and nothing but what it needs: most of what a check costs is starting this.
const { get } = require("node:https");

const [, , url = ""] = process.argv;
const call = get(url, { agent: false, rejectUnauthorized: false, timeout: 3000 }, (response) => {
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
