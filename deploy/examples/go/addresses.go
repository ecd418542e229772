package main

import (
	"time"

	api "example.com/kubets-client/gen/kubets/api/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// addresses is one connection to one of several apiservers: all answer alike, so the next one goes on where one is lost.
type addresses struct {
	all     []string
	options []grpc.DialOption
	current int
	channel *grpc.ClientConn
}

func (a *addresses) client() (api.ObjectsClient, error) {
	if a.channel == nil {
		// A server that vanished without a word is noticed by its silence.
		ping := keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}
		channel, err := grpc.NewClient("dns:///"+a.all[a.current%len(a.all)], append(a.options, grpc.WithKeepaliveParams(ping))...)
		if err != nil {
			return nil, err
		}
		a.channel = channel
	}
	return api.NewObjectsClient(a.channel), nil
}

func (a *addresses) next() {
	a.channel.Close()
	a.channel = nil
	a.current++
}
