/**
 * meta/v1 DeleteOptions from a body, or from the query where there is none.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateDeleteOptions @1.36
 */
import {
  badRequest,
  decodeProtobuf,
  invalid,
  isStatusError,
  type JsonValue,
  parseJson,
  parseYaml,
  schemas,
} from "@kubets/api";
import type { StatusCause } from "@kubets/api/meta/v1";
import { type DeleteOptions, propagationCauses, propagationPolicies } from "@kubets/registry";
import { decodeStrict } from "@kubets/schema";
import {
  bareMediaType,
  bodyTypes,
  JSON_TYPE,
  PROTOBUF_TYPE,
  refuseBodyType,
  YAML_TYPE,
} from "./media-types.ts";
import type { IncomingRequest } from "./request-context.ts";
import { type DeleteParameters, dryRunCauses } from "./request-options.ts";

export interface GivenDeleteOptions {
  readonly options: DeleteOptions;
  readonly write: { readonly dryRun: readonly string[] };
  /** orphanDependents=false was said: a deletion that only begins is then answered with 202. */
  readonly asksForDependents: boolean;
}

const typeName = "k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions";

export async function readDeleteOptions(request: IncomingRequest): Promise<GivenDeleteOptions> {
  const bytes = await request.readBody();
  const parameters = bytes.length > 0 ? decode(bytes, request.contentType) : fromQuery(request);
  const causes = problems(parameters);
  if (causes.length > 0) throw invalid({ group: "", kind: "DeleteOptions" }, "", causes);
  const { gracePeriodSeconds, orphanDependents, preconditions } = parameters;
  const policy = policyOf(parameters);
  return {
    options: {
      ...(typeof gracePeriodSeconds === "number" ? { gracePeriodSeconds } : {}),
      ...(policy === undefined ? {} : { propagationPolicy: policy }),
      ...(preconditions ? { preconditions } : {}),
    },
    write: { dryRun: parameters.dryRun ?? [] },
    asksForDependents: orphanDependents === false,
  };
}

function fromQuery(request: IncomingRequest): DeleteParameters {
  return request.options().delete ?? {};
}

function decode(bytes: Buffer, contentType: string): DeleteParameters {
  const type = schemas.type(typeName);
  if (type === undefined) throw new TypeError(`schema table has no message ${typeName}`);
  return decodeStrict(type, parse(bytes, contentType)).object as unknown as DeleteParameters;
}

function parse(bytes: Buffer, contentType: string): JsonValue {
  const mediaType = contentType === "" ? JSON_TYPE : bareMediaType(contentType);
  try {
    if (mediaType === PROTOBUF_TYPE) return decodeProtobuf(bytes).object as unknown as JsonValue;
    if (mediaType === JSON_TYPE) return parseJson(bytes);
    if (mediaType === YAML_TYPE) return parseYaml(bytes.toString("utf8"));
  } catch (error) {
    if (isStatusError(error) && error.reason !== "BadRequest") throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`couldn't get version/kind; json parse error: ${why}`);
  }
  throw refuseBodyType(bodyTypes);
}

function policyOf(parameters: DeleteParameters): DeleteOptions["propagationPolicy"] {
  const { orphanDependents, propagationPolicy } = parameters;
  if (orphanDependents === true) return "Orphan";
  if (orphanDependents === false) return "Background";
  return propagationPolicies.find((policy) => policy === propagationPolicy);
}

function problems(parameters: DeleteParameters): StatusCause[] {
  return [...propagationCauses(parameters), ...dryRunCauses(parameters.dryRun ?? [])];
}
