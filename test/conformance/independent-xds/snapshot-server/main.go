// go-control-plane's snapshot cache behind its server, for the benchmark's comparison: every node gets the same clusters and
// route configurations.
//
//	snapshot-server <resources>
//
// Prints `listening <port>`; then reads lines `<route> <round>`: that route configuration gets the prefix `/<round>`, and
// a new snapshot is set, after which `set` is printed.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	serverv3 "github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

// All nodes share one snapshot, which is the cheapest that the cache knows.
type oneForAll struct{}

func (oneForAll) ID(*corev3.Node) string { return "all" }

func cluster(name string) *clusterv3.Cluster {
	address := &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
		Address:       "127.0.0.1",
		PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: 9},
	}}}
	return &clusterv3.Cluster{
		Name:                 name,
		ConnectTimeout:       durationpb.New(time.Second),
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STATIC},
		LoadAssignment: &endpointv3.ClusterLoadAssignment{
			ClusterName: name,
			Endpoints: []*endpointv3.LocalityLbEndpoints{{LbEndpoints: []*endpointv3.LbEndpoint{{
				HostIdentifier: &endpointv3.LbEndpoint_Endpoint{Endpoint: &endpointv3.Endpoint{Address: address}},
			}}}},
		},
	}
}

func route(name, cluster, prefix string) *routev3.RouteConfiguration {
	return &routev3.RouteConfiguration{
		Name: name,
		VirtualHosts: []*routev3.VirtualHost{{
			Name:    "all",
			Domains: []string{"*"},
			Routes: []*routev3.Route{{
				Match: &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_Prefix{Prefix: prefix}},
				Action: &routev3.Route_Route{Route: &routev3.RouteAction{
					ClusterSpecifier: &routev3.RouteAction_Cluster{Cluster: cluster},
				}},
			}},
		}},
	}
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("snapshot-server <resources>")
	}
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	clusters := make([]types.Resource, count)
	routes := make([]types.Resource, count)
	at := map[string]int{}
	for index := range count {
		clusters[index] = cluster(fmt.Sprintf("cluster-%d", index))
		name := fmt.Sprintf("routes-%d", index)
		at[name] = index
		routes[index] = route(name, fmt.Sprintf("cluster-%d", index), "/0")
	}
	ctx := context.Background()
	cache := cachev3.NewSnapshotCache(true, oneForAll{}, nil)
	set := func(version string) {
		snapshot, err := cachev3.NewSnapshot(version, map[resourcev3.Type][]types.Resource{
			resourcev3.ClusterType: clusters,
			resourcev3.RouteType:   routes,
		})
		if err != nil {
			log.Fatal(err)
		}
		if err := cache.SetSnapshot(ctx, "all", snapshot); err != nil {
			log.Fatal(err)
		}
	}
	set("0")
	server := grpc.NewServer(grpc.MaxConcurrentStreams(1_000_000))
	discoveryv3.RegisterAggregatedDiscoveryServiceServer(server, serverv3.NewServer(ctx, cache, nil))
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(server.Serve(socket)) }()
	fmt.Printf("listening %d\n", socket.Addr().(*net.TCPAddr).Port)

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var name, round string
		if _, err := fmt.Sscan(lines.Text(), &name, &round); err != nil {
			log.Fatal(err)
		}
		index, found := at[name]
		if !found {
			log.Fatalf("no route configuration %q", name)
		}
		routes[index] = route(name, fmt.Sprintf("cluster-%d", index), "/"+round)
		set(round)
		fmt.Println("set")
	}
}
