/// <reference path="./dns-packet.d.ts" />
/** dns-packet with the types that it does not bring; others that compile this library find them by this file. */
import dnsPacket from "dns-packet";
import { toType } from "dns-packet/types.js";

export { dnsPacket, toType };
