/** The rows of types.json that the proto writer reads. */
export interface FactType {
  readonly kind: "scalar" | "enum" | "message" | "list" | "map" | "any";
  readonly scalar?: string;
  readonly ref?: string;
  readonly pointer?: boolean;
  readonly named?: string;
  readonly elem?: FactType;
}

export interface FactField {
  readonly goName: string;
  readonly json: string | null;
  readonly inline?: boolean;
  readonly omitempty?: boolean;
  readonly omitzero?: boolean;
  readonly type: FactType;
  readonly protoNumber: number | null;
  readonly protoName?: string;
  readonly protoType?: string;
  readonly protoLabel?: "optional" | "repeated" | "map";
  readonly required?: boolean;
  readonly default?: unknown;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly structType?: string;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly enum?: readonly string[];
  readonly nullable?: boolean;
  readonly featureGates?: readonly string[];
  readonly unionDiscriminator?: boolean;
  readonly oneOf?: string;
  readonly zeroOrOneOf?: string;
  readonly deprecated?: unknown;
}

export interface FactMessage {
  readonly goName: string;
  readonly protoMessage: string | null;
  readonly openapi: string;
  readonly kind?: string;
  readonly role?: "object" | "list" | "options" | "other";
  readonly structType?: string;
  readonly union?: unknown;
  readonly deprecated?: unknown;
  readonly customJSON?: unknown;
  readonly protoFields?: readonly {
    readonly name: string;
    readonly number: number;
    readonly type: string;
    readonly label: string;
  }[];
  readonly fields: readonly FactField[];
}

export interface TypesTable {
  readonly groupVersions: readonly {
    readonly group: string;
    readonly version: string;
    readonly protoPackage: string;
  }[];
  readonly types: Readonly<Record<string, FactMessage>>;
  readonly namedScalars: Readonly<
    Record<string, { readonly closed: boolean; readonly values?: readonly { value: unknown }[] }>
  >;
  readonly namedCollections: Readonly<
    Record<
      string,
      {
        readonly protoMessage?: string;
        readonly protoFields?: FactMessage["protoFields"];
      }
    >
  >;
}

export interface ProtocolTable {
  readonly source: string;
  readonly package: string;
  readonly services: readonly {
    readonly name: string;
    readonly methods: readonly {
      readonly name: string;
      readonly request: string;
      readonly response: string;
      readonly clientStreaming: boolean;
      readonly serverStreaming: boolean;
    }[];
  }[];
  readonly messages: readonly {
    readonly name: string;
    readonly fields: readonly {
      readonly name: string;
      readonly number: number;
      readonly type: string;
      readonly label: "implicit" | "repeated" | "map" | "optional";
      readonly keyType?: string;
      readonly deprecated?: boolean;
      readonly debugRedact?: boolean;
      readonly oneof?: string;
    }[];
    readonly reserved?: unknown;
  }[];
  readonly enums: readonly {
    readonly name: string;
    readonly values: readonly { readonly name: string; readonly number: number }[];
  }[];
}
