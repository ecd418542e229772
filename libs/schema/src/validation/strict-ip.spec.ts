import { expect, it } from "vitest";
import { strictIp } from "./strict-ip.ts";

it.each([
  "10.9.8.7",
  "2001:db8::ffff",
  "fe80::42:1dff:fe84:f9e2",
  "::",
  "::1",
  "1::",
  "1:2:3:4:5:6:7:8",
  "1:0:2:3:4:5:6:7",
  "1::2:0:0:3:4",
  "1:0:0:2::3",
])("%s is in canonical form", (text) => {
  expect(strictIp(text)).toEqual([]);
});

it.each([
  ["2001:DB8::1", 'must be in canonical form ("2001:db8::1")'],
  ["2001:0db8::1", 'must be in canonical form ("2001:db8::1")'],
  ["0:0:0:0:0:0:0:1", 'must be in canonical form ("::1")'],
  ["1:0::0:2", 'must be in canonical form ("1::2")'],
  ["1:2:3:4:5:6:7::", 'must be in canonical form ("1:2:3:4:5:6:7:0")'],
  ["010.0.0.1", "must not have leading 0s"],
  ["::ffff:10.0.0.1", "must not be an IPv4-mapped IPv6 address"],
  ["a.b", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"],
  ["", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"],
])("%s is refused: %s", (text, message) => {
  expect(strictIp(text)).toEqual([message]);
});
