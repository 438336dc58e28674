// Package ioctx carries a program's output streams in a context; see package
// dang of this module for why it exists.
package ioctx

import (
	"context"
	"io"

	v1 "github.com/vito/dang/pkg/ioctx"
)

// StdoutToContext returns a context whose standard output is w.
func StdoutToContext(ctx context.Context, w io.Writer) context.Context {
	return v1.StdoutToContext(ctx, w)
}

// StderrToContext returns a context whose standard error is w.
func StderrToContext(ctx context.Context, w io.Writer) context.Context {
	return v1.StderrToContext(ctx, w)
}
