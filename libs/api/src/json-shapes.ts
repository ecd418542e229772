/** The types of the API whose JSON form is not that of a message; the generated types import them. */
import type { JSONSchemaProps } from "./gen/types/apiextensions/v1.ts";
import type { JsonObject, JsonValue } from "./object.ts";

export type IntOrString = number | string;
export type FieldsV1 = JsonObject;
/** Any object; narrow it before use. */
export type RawExtension = object;
export type JSON = JsonValue;
export type JSONSchemaPropsOrBool = JSONSchemaProps | boolean;
export type JSONSchemaPropsOrArray = JSONSchemaProps | JSONSchemaProps[];
export type JSONSchemaPropsOrStringArray = JSONSchemaProps | string[];
/** ExtraValue and Verbs. */
export type StringList = string[];
