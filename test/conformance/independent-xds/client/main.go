// go-control-plane's client, for tests of our server: follows all clusters of a management server, by state of the world with
// the module's own client, or by delta with the stubs that it generates.
//
//	client sotw|delta <host:port> <node id>
//
// Prints `got <names>` for each response (delta: and `gone <names>`), acknowledges it, or refuses it when a name begins
// with `bad`.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sort"
	"strings"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	sotwv3 "github.com/envoyproxy/go-control-plane/pkg/client/sotw/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	statusv3 "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/anypb"
)

// Names of clusters, sorted, and why they are not taken, if so.
func names(resources []*anypb.Any) (string, string) {
	found := []string{}
	refusal := ""
	for _, packed := range resources {
		cluster := &clusterv3.Cluster{}
		if err := packed.UnmarshalTo(cluster); err != nil {
			log.Fatal(err)
		}
		if strings.HasPrefix(cluster.Name, "bad") {
			refusal = "cluster " + cluster.Name + " is not taken"
		}
		found = append(found, cluster.Name)
	}
	sort.Strings(found)
	return strings.Join(found, ","), refusal
}

func followSotw(ctx context.Context, conn *grpc.ClientConn, node *corev3.Node) error {
	client := sotwv3.NewADSClient(ctx, node, resourcev3.ClusterType)
	if err := client.InitConnect(conn); err != nil {
		return err
	}
	for {
		response, err := client.Fetch()
		if err != nil {
			return err
		}
		got, refusal := names(response.Resources)
		fmt.Printf("got %s\n", got)
		if refusal == "" {
			err = client.Ack()
		} else {
			err = client.Nack(refusal)
		}
		if err != nil {
			return err
		}
	}
}

func followDelta(ctx context.Context, conn *grpc.ClientConn, node *corev3.Node) error {
	stream, err := discoveryv3.NewAggregatedDiscoveryServiceClient(conn).DeltaAggregatedResources(ctx)
	if err != nil {
		return err
	}
	request := &discoveryv3.DeltaDiscoveryRequest{Node: node, TypeUrl: resourcev3.ClusterType}
	for {
		if err := stream.Send(request); err != nil {
			return err
		}
		response, err := stream.Recv()
		if err != nil {
			return err
		}
		resources := []*anypb.Any{}
		for _, resource := range response.Resources {
			resources = append(resources, resource.Resource)
		}
		got, refusal := names(resources)
		fmt.Printf("got %s\n", got)
		if len(response.RemovedResources) > 0 {
			sort.Strings(response.RemovedResources)
			fmt.Printf("gone %s\n", strings.Join(response.RemovedResources, ","))
		}
		request = &discoveryv3.DeltaDiscoveryRequest{TypeUrl: resourcev3.ClusterType, ResponseNonce: response.Nonce}
		if refusal != "" {
			request.ErrorDetail = &statusv3.Status{Code: 3, Message: refusal}
		}
	}
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("client sotw|delta <host:port> <node id>")
	}
	conn, err := grpc.NewClient(os.Args[2], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	node := &corev3.Node{Id: os.Args[3], Cluster: "independent"}
	follow := followSotw
	if os.Args[1] == "delta" {
		follow = followDelta
	}
	log.Fatal(follow(context.Background(), conn, node))
}
