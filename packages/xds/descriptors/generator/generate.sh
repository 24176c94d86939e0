#!/usr/bin/env bash
# Rebuilds ../envoy-v1.40.0.binpb: the descriptor set of Envoy's whole v3 API and of what it imports, plus the OTLP
# and gRPC reflection-free services that the control plane serves. Needs Go; run it only to move to a new Envoy API.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp go.mod main.go "$work/"
cd "$work"
go mod download github.com/envoyproxy/go-control-plane/envoy
root=$(go list -m -f '{{.Dir}}' github.com/envoyproxy/go-control-plane/envoy)
{
  echo 'package main'
  echo 'import ('
  (cd "$root" && find . -name '*.pb.go' ! -name '*_vtproto.pb.go' ! -name '*_grpc.pb.go' -printf '%h\n') | sort -u |
    sed 's#^\./\(.*\)$#\t_ "github.com/envoyproxy/go-control-plane/envoy/\1"#'
  echo ')'
} > imports.go
go mod tidy
go run . > descriptors.binpb
cp descriptors.binpb "$OLDPWD/../envoy-v1.40.0.binpb"
cp go.mod go.sum "$OLDPWD/"
