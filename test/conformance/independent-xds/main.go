// An xDS server over go-control-plane's snapshot cache, for tests of our client: serves one listener, route
// configuration, cluster and endpoint set on 127.0.0.1, and a new snapshot for each line on standard input.
//
// Prints `listening <port>` once; then reads lines `<listener port> <upstream port> <text>`: the listener answers
// `/text` with <text> itself and sends everything else to the upstream. Prints `ack <type> <version>` or
// `nack <type> <message>` as the client answers.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	serverv3 "github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
)

const nodeID = "independent"

func pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		log.Fatal(err)
	}
	return packed
}

func address(port uint32) *corev3.Address {
	return &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
		Address:       "127.0.0.1",
		PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: port},
	}}}
}

func ads() *corev3.ConfigSource {
	return &corev3.ConfigSource{
		ResourceApiVersion:    corev3.ApiVersion_V3,
		ConfigSourceSpecifier: &corev3.ConfigSource_Ads{Ads: &corev3.AggregatedConfigSource{}},
	}
}

func snapshot(version string, listenerPort, upstreamPort uint32, text string) *cachev3.Snapshot {
	cluster := &clusterv3.Cluster{
		Name:                 "upstream",
		ConnectTimeout:       durationpb.New(time.Second),
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_EDS},
		EdsClusterConfig:     &clusterv3.Cluster_EdsClusterConfig{EdsConfig: ads()},
	}
	endpoints := &endpointv3.ClusterLoadAssignment{
		ClusterName: "upstream",
		Endpoints: []*endpointv3.LocalityLbEndpoints{{LbEndpoints: []*endpointv3.LbEndpoint{{
			HostIdentifier: &endpointv3.LbEndpoint_Endpoint{Endpoint: &endpointv3.Endpoint{Address: address(upstreamPort)}},
		}}}},
	}
	routes := &routev3.RouteConfiguration{
		Name: "routes",
		VirtualHosts: []*routev3.VirtualHost{{
			Name:    "all",
			Domains: []string{"*"},
			Routes: []*routev3.Route{
				{
					Match: &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_Path{Path: "/text"}},
					Action: &routev3.Route_DirectResponse{DirectResponse: &routev3.DirectResponseAction{
						Status: 200,
						Body:   &corev3.DataSource{Specifier: &corev3.DataSource_InlineString{InlineString: text}},
					}},
				},
				{
					Match: &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_Prefix{Prefix: "/"}},
					Action: &routev3.Route_Route{Route: &routev3.RouteAction{
						ClusterSpecifier: &routev3.RouteAction_Cluster{Cluster: "upstream"},
					}},
				},
			},
		}},
	}
	manager := &hcmv3.HttpConnectionManager{
		StatPrefix: "independent",
		RouteSpecifier: &hcmv3.HttpConnectionManager_Rds{Rds: &hcmv3.Rds{
			ConfigSource:    ads(),
			RouteConfigName: "routes",
		}},
		HttpFilters: []*hcmv3.HttpFilter{{
			Name:       "envoy.filters.http.router",
			ConfigType: &hcmv3.HttpFilter_TypedConfig{TypedConfig: pack(&routerv3.Router{})},
		}},
	}
	listener := &listenerv3.Listener{
		Name:    "independent",
		Address: address(listenerPort),
		FilterChains: []*listenerv3.FilterChain{{Filters: []*listenerv3.Filter{{
			Name:       "envoy.filters.network.http_connection_manager",
			ConfigType: &listenerv3.Filter_TypedConfig{TypedConfig: pack(manager)},
		}}}},
	}
	made, err := cachev3.NewSnapshot(version, map[resourcev3.Type][]types.Resource{
		resourcev3.ClusterType:  {cluster},
		resourcev3.EndpointType: {endpoints},
		resourcev3.RouteType:    {routes},
		resourcev3.ListenerType: {listener},
	})
	if err != nil {
		log.Fatal(err)
	}
	return made
}

func report(typeURL, version, nonce string, nacked bool, message string) {
	if nonce == "" {
		return
	}
	short := typeURL[strings.LastIndex(typeURL, ".")+1:]
	if nacked {
		fmt.Printf("nack %s %s\n", short, message)
	} else {
		fmt.Printf("ack %s %s\n", short, version)
	}
}

func main() {
	ctx := context.Background()
	cache := cachev3.NewSnapshotCache(true, cachev3.IDHash{}, nil)
	callbacks := serverv3.CallbackFuncs{
		StreamRequestFunc: func(_ int64, request *discoveryv3.DiscoveryRequest) error {
			report(request.TypeUrl, request.VersionInfo, request.ResponseNonce, request.ErrorDetail != nil, request.GetErrorDetail().GetMessage())
			return nil
		},
		StreamDeltaRequestFunc: func(_ int64, request *discoveryv3.DeltaDiscoveryRequest) error {
			report(request.TypeUrl, "delta", request.ResponseNonce, request.ErrorDetail != nil, request.GetErrorDetail().GetMessage())
			return nil
		},
	}
	server := grpc.NewServer()
	discoveryv3.RegisterAggregatedDiscoveryServiceServer(server, serverv3.NewServer(ctx, cache, callbacks))
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(server.Serve(socket)) }()
	fmt.Printf("listening %d\n", socket.Addr().(*net.TCPAddr).Port)

	lines := bufio.NewScanner(os.Stdin)
	for version := 1; lines.Scan(); version++ {
		fields := strings.SplitN(lines.Text(), " ", 3)
		if len(fields) != 3 {
			log.Fatalf("not `<listener port> <upstream port> <text>`: %q", lines.Text())
		}
		listenerPort, errListener := strconv.ParseUint(fields[0], 10, 16)
		upstreamPort, errUpstream := strconv.ParseUint(fields[1], 10, 16)
		if errListener != nil || errUpstream != nil {
			log.Fatalf("not ports: %q", lines.Text())
		}
		if err := cache.SetSnapshot(ctx, nodeID, snapshot(strconv.Itoa(version), uint32(listenerPort), uint32(upstreamPort), fields[2])); err != nil {
			log.Fatal(err)
		}
	}
}
