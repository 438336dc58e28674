package harness

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collected "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// collectorKey is the header that a Collector lets nobody in without, as those of
// vendors do.
const collectorKey = "x-api-key"

// Collector is an OpenTelemetry collector: it keeps all that it is sent over HTTP, and
// traces over gRPC.
type Collector struct {
	collected.UnimplementedTraceServiceServer

	http, grpc string // Where it listens.
	key        string
	mu         sync.Mutex
	all        bytes.Buffer
	spans      []Span
	turnedAway int
}

// Span is one that was collected, with those of its attributes that are text.
type Span struct {
	Name       string
	Attributes map[string]string
}

// NewCollector starts one until the test ends.
func NewCollector(t *testing.T) *Collector {
	t.Helper()
	c := &Collector{key: "a-key"}
	overHTTP := httptest.NewServer(http.HandlerFunc(c.post))
	t.Cleanup(overHTTP.Close)
	c.http = overHTTP.URL
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	overGRPC := grpc.NewServer()
	collected.RegisterTraceServiceServer(overGRPC, c)
	go func() { _ = overGRPC.Serve(listener) }()
	t.Cleanup(overGRPC.Stop)
	c.grpc = "http://" + listener.Addr().String()
	return c
}

// Env has a call send its traces there, over HTTP.
func (c *Collector) Env() []string {
	return c.env(c.http, "http/protobuf")
}

// EnvOfGRPC has a call send them over gRPC.
func (c *Collector) EnvOfGRPC() []string {
	return c.env(c.grpc, "grpc")
}

func (c *Collector) env(endpoint, protocol string) []string {
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL=" + protocol, "OTEL_EXPORTER_OTLP_HEADERS=" + collectorKey + "=" + c.key}
}

// Collected is all that was sent so far.
func (c *Collector) Collected() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all.String()
}

// Spans are those of a name that were sent so far.
func (c *Collector) Spans(name string) []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.spans), func(s Span) bool { return s.Name != name })
}

// TurnedAway counts who came without the key.
func (c *Collector) TurnedAway() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turnedAway
}

func (c *Collector) post(w http.ResponseWriter, r *http.Request) {
	if !c.letsIn(r.Header.Get(collectorKey)) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	body = inflated(body)
	var request collected.ExportTraceServiceRequest
	if r.URL.Path == "/v1/traces" && proto.Unmarshal(body, &request) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.keep(body, &request)
}

// Export takes traces over gRPC.
func (c *Collector) Export(ctx context.Context, request *collected.ExportTraceServiceRequest) (*collected.ExportTraceServiceResponse, error) {
	sent, _ := metadata.FromIncomingContext(ctx)
	if keys := sent.Get(collectorKey); !c.letsIn(slices.Concat(keys, []string{""})[0]) {
		return nil, status.Error(codes.Unauthenticated, "no key")
	}
	body, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	c.keep(body, request)
	return &collected.ExportTraceServiceResponse{}, nil
}

func (c *Collector) letsIn(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if key != c.key {
		c.turnedAway++
	}
	return key == c.key
}

func (c *Collector) keep(body []byte, request *collected.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all.Write(body)
	for _, resource := range request.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				s := Span{Name: span.GetName(), Attributes: map[string]string{}}
				for _, a := range span.GetAttributes() {
					s.Attributes[a.GetKey()] = a.GetValue().GetStringValue()
				}
				c.spans = append(c.spans, s)
			}
		}
	}
}
