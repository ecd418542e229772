import type { JsonValue } from "../object.ts";
import { FLAG_INLINE, FLAG_OMITEMPTY, type PackedField, packedType } from "../packed-type.ts";
import type { SpecialType } from "../type-schema.ts";
import { inlined, listWrapper, mapField, repeated, singular } from "./field-codecs.ts";
import { type FieldCodec, MessageCodec } from "./message-codec.ts";
import { createSpecialCodecs } from "./special-codecs.ts";
import { scalarCodec, type ValueCodec } from "./value-codec.ts";
import { WireError } from "./wire-error.ts";

/** The codecs of all messages, each made when it is first needed. */
export class WireCodecs {
  private readonly messages = new Map<string, ValueCodec>();
  private readonly special: Readonly<Record<SpecialType, () => ValueCodec>>;

  constructor(decodeEmbedded: (bytes: Buffer) => JsonValue) {
    this.special = createSpecialCodecs((name) => this.value(name), decodeEmbedded);
  }

  /** By full message name; list wrappers and special types are no MessageCodec. */
  value(name: string): ValueCodec {
    const known = this.messages.get(name);
    if (known !== undefined) return known;
    const codec = this.create(name);
    this.messages.set(name, codec);
    return codec;
  }

  message(name: string): MessageCodec {
    const codec = this.value(name);
    if (!(codec instanceof MessageCodec)) throw new WireError(`${name} is no message`);
    return codec;
  }

  private create(name: string): ValueCodec {
    const packed = packedType(name);
    if (packed === undefined) throw new WireError(`${name} is not defined`);
    if (packed.special !== undefined) return this.special[packed.special as SpecialType]();
    if (packed.listWrapper) return listWrapper(this.scalar("string"));
    return new MessageCodec((owner, row) => this.field(owner, row), name);
  }

  private scalar(name: string): ValueCodec {
    const codec = scalarCodec(name);
    if (codec === undefined) throw new WireError(`${name} has no protobuf form`);
    return codec;
  }

  private field(owner: string, row: PackedField): FieldCodec {
    const [json, number, type, flags] = row;
    const shape = type.startsWith("[") ? "list" : type.startsWith("{") ? "map" : "one";
    const element = shape === "one" ? type : type.slice(1);
    const value = element.includes(".")
      ? this.value(element.startsWith(".") ? owner + element : element)
      : this.scalar(element);
    const omitempty = (flags & FLAG_OMITEMPTY) !== 0;
    if (shape === "list") return repeated(number, json, value, omitempty);
    if (shape === "map") return mapField(number, json, value, omitempty);
    if ((flags & FLAG_INLINE) !== 0 && value instanceof MessageCodec) return inlined(number, value);
    return singular(number, json, value, flags);
  }
}
