import { create } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/** `udpa/type/v1/typed_struct.proto`: Envoy still reads this older name of TypedStruct, though its API does not refer to it. */
export function udpaTypedStructFile(): FileDescriptorProto {
  const label = FieldDescriptorProto_Label.OPTIONAL;
  return create(FileDescriptorProtoSchema, {
    name: "udpa/type/v1/typed_struct.proto",
    package: "udpa.type.v1",
    syntax: "proto3",
    dependency: ["google/protobuf/struct.proto"],
    messageType: [
      {
        name: "TypedStruct",
        field: [
          { name: "type_url", number: 1, label, type: FieldDescriptorProto_Type.STRING, jsonName: "typeUrl" },
          {
            name: "value",
            number: 2,
            label,
            type: FieldDescriptorProto_Type.MESSAGE,
            typeName: ".google.protobuf.Struct",
            jsonName: "value",
          },
        ],
      },
    ],
  });
}
