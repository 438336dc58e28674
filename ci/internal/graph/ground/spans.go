package ground

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

// started begins the span of a step. What is asked of the engine in its context
// is below it.
func started(ctx context.Context, step record.Step) (context.Context, trace.Span) {
	return dagger.Tracer().Start(ctx, step.Where(),
		trace.WithAttributes(attribute.String("component", step.Component), attribute.String("step", step.Name)))
}

// ended ends the span of a step, with what came of it.
func ended(span trace.Span, step record.Step, err error) {
	span.SetAttributes(attribute.String("outcome", string(step.State)))
	if err != nil {
		span.SetStatus(codes.Error, reason(err))
	} else {
		span.SetStatus(codes.Ok, "")
	}
	span.End()
}
