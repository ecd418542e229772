package main

import (
	"bytes"
	"fmt"

	core "example.com/kubets-client/gen/k8s/io/api/core/v1"
	meta "example.com/kubets-client/gen/k8s/io/apimachinery/pkg/apis/meta/v1"
	runtime "example.com/kubets-client/gen/k8s/io/apimachinery/pkg/runtime"
	api "example.com/kubets-client/gen/kubets/api/v1"
	"google.golang.org/protobuf/proto"
)

// Kubernetes' protobuf form of an object: these four bytes, then a runtime.Unknown with the kind and the message.
var magic = []byte("k8s\x00")

func payload(apiVersion, kind string, object proto.Message) (*api.Payload, error) {
	raw, err := proto.Marshal(object)
	if err != nil {
		return nil, err
	}
	envelope, err := proto.Marshal(&runtime.Unknown{
		TypeMeta: &runtime.TypeMeta{ApiVersion: &apiVersion, Kind: &kind},
		Raw:      raw,
	})
	if err != nil {
		return nil, err
	}
	return &api.Payload{Form: &api.Payload_Protobuf{Protobuf: append(bytes.Clone(magic), envelope...)}}, nil
}

// unpack reads the object into what its kind says: the caller knows which resource it asked for.
func unpack(from *api.Payload, into proto.Message) error {
	envelope, ok := bytes.CutPrefix(from.GetProtobuf(), magic)
	if !ok {
		return fmt.Errorf("not an object in protobuf form")
	}
	var unknown runtime.Unknown
	if err := proto.Unmarshal(envelope, &unknown); err != nil {
		return err
	}
	return proto.Unmarshal(unknown.Raw, into)
}

func configMap(name string, labels, data map[string]string) *core.ConfigMap {
	return &core.ConfigMap{Metadata: &meta.ObjectMeta{Name: &name, Labels: labels}, Data: data}
}
