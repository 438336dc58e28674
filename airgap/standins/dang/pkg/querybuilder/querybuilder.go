// Package querybuilder starts a GraphQL selection; see package dang of this
// module for why it exists.
package querybuilder

import v1 "github.com/vito/dang/pkg/querybuilder"

// Query returns an empty selection on the query root.
func Query() *v1.Selection {
	return v1.Query()
}
