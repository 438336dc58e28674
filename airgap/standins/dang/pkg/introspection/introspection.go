// Package introspection has the GraphQL schema types that dagger's Dang SDK
// decodes into; see package dang of this module for why it exists.
package introspection

import v1 "github.com/vito/dang/pkg/introspection"

// The answer to an introspection query, and its parts.
type (
	Response = v1.Response
	Schema   = v1.Schema
	TypeRef  = v1.TypeRef
)

// The kinds of types that dagger's Dang SDK builds itself.
const (
	TypeKindNonNull = v1.TypeKindNonNull
	TypeKindObject  = v1.TypeKindObject
)
