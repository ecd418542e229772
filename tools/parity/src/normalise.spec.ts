import { expect, test } from "vitest";
import { normalise } from "./normalise.ts";

const START = 'Pod "p" is invalid: ';
const FIRST = "a: Invalid value: 1";
const SECOND = "b: Required value";

test.each([
  ["all causes is left out", `${START}[${FIRST}, ${SECOND}]`, undefined],
  ["the causes up to one that was cut off is left out", `${START}[${FIRST}`, undefined],
  ["half a cause is compared", `${START}[a: Invalid`, `${START}[a: Invalid`],
  ["nothing is compared", "", ""],
  ["one of the causes only is compared", `${START}${SECOND}`, `${START}${SECOND}`],
])("a message that says %s", (_what, message, compared) => {
  const status = {
    kind: "Status",
    status: "Failure",
    reason: "Invalid",
    message,
    details: {
      kind: "Pod",
      name: "p",
      causes: [
        { reason: "FieldValueInvalid", field: "a", message: "Invalid value: 1" },
        { reason: "FieldValueRequired", field: "b", message: "Required value" },
      ],
    },
  };
  const answer = normalise(
    { code: 422, type: "application/json", text: JSON.stringify(status), warnings: [] },
    { namespace: "parity", sent: "", nowMs: 0, keepManagedFields: false, isTable: false },
  );
  expect(answer.message).toBe(compared);
});
