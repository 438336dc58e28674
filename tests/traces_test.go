package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestTraces has a collector of OpenTelemetry see the steps of a check, over each of the
// two protocols, with the header that it asks for.
func TestTraces(t *testing.T) {
	t.Parallel()
	r := harness.Shapes(t, plain)
	r.Append(atPlain+"/plain/greeting.py", "\n\nimport os\n") // ruff finds it.
	http, grpc := harness.NewCollector(t), harness.NewCollector(t)
	call := append(harness.Source(r.Dir), "check")
	for name, to := range map[string]struct {
		*harness.Collector
		env []string
	}{"http/protobuf": {http, http.Env()}, "grpc": {grpc, grpc.EnvOfGRPC()}} {
		t.Run(name, func(t *testing.T) {
			if name == "grpc" {
				long(t, "http/protobuf")
			}
			harness.Call(t.Context(), call, to.env...).Refused(t, plain+" lint")
			for step, outcome := range map[string]string{"lint": "FAILED", "format": "PASSED", "test": "PASSED"} {
				spans := to.Spans(plain + " " + step)
				if assert.NotEmpty(t, spans, step) {
					got := spans[len(spans)-1].Attributes
					assert.Equal(t, []string{plain, step, outcome}, []string{got["component"], got["step"], got["outcome"]})
				}
			}
			assert.Zero(t, to.TurnedAway())
		})
	}
}
