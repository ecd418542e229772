// A client of kubets.api.v1, made from the files in proto/ alone.
//
//	tour   creates a config map, gets, patches, lists and deletes it
//	watch  prints each change of config maps, whichever apiservers come and go, until one named --until appears
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	core "example.com/kubets-client/gen/k8s/io/api/core/v1"
	meta "example.com/kubets-client/gen/k8s/io/apimachinery/pkg/apis/meta/v1"
	api "example.com/kubets-client/gen/kubets/api/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

var (
	config    = flag.String("kubeconfig", os.Getenv("KUBECONFIG"), "whom to trust and who we are")
	servers   = flag.String("servers", "", "gRPC addresses of apiservers, host:port, comma separated")
	namespace = flag.String("namespace", "default", "where the config maps are")
	selector  = flag.String("selector", "", "watch: only config maps with these labels")
	until     = flag.String("until", "", "watch: end when this config map appears")
)

func main() {
	flag.Parse()
	options, err := dialOptions(*config)
	if err != nil {
		fail(err)
	}
	addresses := &addresses{all: strings.Split(*servers, ","), options: options}
	switch flag.Arg(0) {
	case "tour":
		err = tour(context.Background(), addresses)
	case "watch":
		err = watch(context.Background(), addresses)
	default:
		err = errors.New("say tour or watch")
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	// Each refusal carries the Kubernetes Status as an error detail.
	for _, detail := range status.Convert(err).Details() {
		if why, ok := detail.(*meta.Status); ok {
			fmt.Fprintf(os.Stderr, "refused: %s (%d)\n", why.GetReason(), why.GetCode())
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func configMaps(name string) *api.ResourceRef {
	return &api.ResourceRef{Version: "v1", Resource: "configmaps", Namespace: *namespace, Name: name}
}

func tour(ctx context.Context, addresses *addresses) error {
	client, err := addresses.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	name := fmt.Sprintf("go-tour-%d", time.Now().UnixNano())
	object, err := payload("v1", "ConfigMap", configMap(name, map[string]string{"tour": name}, map[string]string{"a": "1"}))
	if err != nil {
		return err
	}
	var trailer metadata.MD
	created, err := client.Create(ctx, &api.CreateRequest{Ref: configMaps(""), Object: object}, grpc.Trailer(&trailer))
	if err != nil {
		return err
	}
	for _, warning := range trailer.Get("kubets-warning-bin") {
		fmt.Fprintln(os.Stderr, "warning:", warning)
	}
	if err := show("created", created.Object); err != nil {
		return err
	}
	_, err = client.Patch(ctx, &api.PatchRequest{
		Ref: configMaps(name), PatchType: "application/merge-patch+json", Patch: []byte(`{"data":{"b":"2"}}`),
	})
	if err != nil {
		return err
	}
	got, err := client.Get(ctx, &api.GetRequest{Ref: configMaps(name), Encoding: api.Encoding_ENCODING_PROTOBUF})
	if err != nil {
		return err
	}
	if err := show("patched", got.Object); err != nil {
		return err
	}
	items, _, err := list(ctx, client, "tour="+name)
	if err != nil {
		return err
	}
	fmt.Println("listed", len(items))
	if _, err := client.Delete(ctx, &api.DeleteRequest{Ref: configMaps(name)}); err != nil {
		return err
	}
	_, err = client.Get(ctx, &api.GetRequest{Ref: configMaps(name)})
	if status.Code(err) != codes.NotFound {
		return fmt.Errorf("still there after its deletion: %w", err)
	}
	fmt.Println("deleted", name)
	return nil
}

func show(what string, object *api.Payload) error {
	var found core.ConfigMap
	if err := unpack(object, &found); err != nil {
		return err
	}
	fmt.Println(what, found.Metadata.GetName(), found.Data)
	return nil
}

func list(ctx context.Context, client api.ObjectsClient, labels string) (items []*api.Payload, version string, err error) {
	chunks, err := client.List(ctx, &api.ListRequest{
		Ref: configMaps(""), LabelSelector: labels, Encoding: api.Encoding_ENCODING_PROTOBUF,
	})
	for err == nil {
		var chunk *api.ListChunk
		if chunk, err = chunks.Recv(); err == nil {
			items = append(items, chunk.Items...)
			version += chunk.ResourceVersion // Set in the first chunk only.
		}
	}
	if err == io.EOF {
		err = nil
	}
	return items, version, err
}

// watch follows the config maps: a stream that ends, however it ends, is taken up at the last version seen, at the next
// address when it broke.
func watch(ctx context.Context, addresses *addresses) error {
	version := ""
	pause := time.Duration(0)
	for {
		time.Sleep(pause)
		client, err := addresses.client()
		if err != nil {
			return err
		}
		seen := version
		if version == "" {
			// What was there before is not printed: this client shows changes.
			_, version, err = list(ctx, client, *selector)
			if err == nil {
				fmt.Println("SYNCED", version)
			}
		}
		if err == nil {
			err = follow(ctx, client, &version)
		}
		switch code := status.Code(err); {
		case errors.Is(err, errFound):
			return nil
		case err == io.EOF: // Servers end watches from time to time.
		case code == codes.OutOfRange: // The history from there is gone.
			version = ""
		case code == codes.Unavailable || code == codes.Unknown || code == codes.Internal || code == codes.Canceled:
			fmt.Fprintln(os.Stderr, "lost:", err)
			addresses.next()
		default:
			return err
		}
		if seen != version {
			pause = 0
		} else {
			pause = min(max(2*pause, 50*time.Millisecond), 2*time.Second)
		}
	}
}

var errFound = errors.New("the last config map appeared")

func follow(ctx context.Context, client api.ObjectsClient, version *string) error {
	batches, err := client.Watch(ctx, &api.WatchRequest{
		Ref: configMaps(""), LabelSelector: *selector, ResourceVersion: *version,
		AllowWatchBookmarks: true, Encoding: api.Encoding_ENCODING_PROTOBUF,
	})
	if err != nil {
		return err
	}
	for {
		batch, err := batches.Recv()
		if err != nil {
			return err
		}
		for _, event := range batch.Events {
			if event.Type == api.EventType_EVENT_TYPE_ERROR {
				var why meta.Status
				if err := unpack(event.Object, &why); err != nil {
					return err
				}
				if why.GetCode() == 410 {
					return status.Error(codes.OutOfRange, why.GetMessage())
				}
				return status.Error(codes.Unavailable, why.GetMessage())
			}
			var object core.ConfigMap
			if err := unpack(event.Object, &object); err != nil {
				return err
			}
			*version = object.Metadata.GetResourceVersion()
			if event.Type == api.EventType_EVENT_TYPE_BOOKMARK {
				continue
			}
			name := object.Metadata.GetName()
			fmt.Println(strings.TrimPrefix(event.Type.String(), "EVENT_TYPE_"), name, *version)
			if *until != "" && name == *until {
				return errFound
			}
		}
	}
}
