// Package dang lets an engine be built without the second major version of the
// Dang language, whose module (github.com/vito/dang/v2) the module proxy
// refuses while it serves the first.
//
// Lost: modules written in Dang for dagger v0.21.5 or later. Loading one ends
// with ErrNotIncluded. Modules in Go and other languages, and Dang modules of
// older versions, which the engine runs with the first major version, are not
// touched. Because nothing of this package is ever evaluated, its types are
// those of the first major version: the engine's conversion code compiles
// against them and is never reached.
package dang

import (
	"context"
	"errors"

	v1 "github.com/vito/dang/pkg/dang"
)

// ErrNotIncluded is what every entry point returns.
var ErrNotIncluded = errors.New("the Dang SDK is not part of this engine")

// RunDir would evaluate the module in a directory; it returns ErrNotIncluded.
func RunDir(context.Context, string, bool) (ValueScope, error) {
	return nil, ErrNotIncluded
}

// DeclareDir would declare the types of the module in a directory; it returns ErrNotIncluded.
func DeclareDir(context.Context, string, bool) (ValueScope, error) {
	return nil, ErrNotIncluded
}

// EvalNode would evaluate one expression; it returns ErrNotIncluded.
func EvalNode(context.Context, ValueScope, Node) (Value, error) {
	return nil, ErrNotIncluded
}

// EvaluateFormsWithPhases would evaluate a body; it returns ErrNotIncluded.
func EvaluateFormsWithPhases(context.Context, []Node, ValueScope) (Value, error) {
	return nil, ErrNotIncluded
}

// ContextWithImportConfigs returns a context that carries what a module may import.
func ContextWithImportConfigs(ctx context.Context, configs ...ImportConfig) context.Context {
	return v1.ContextWithImportConfigs(ctx, configs...)
}

// CreateOverlayValueScope returns a scope that looks a name up in primary, then in lexical.
func CreateOverlayValueScope(primary, lexical ValueScope) v1.OverlayValueScope {
	return v1.CreateOverlayValueScope(primary, lexical)
}

// NewObject returns an empty object of a type.
func NewObject(of TypeScope) *Object {
	return v1.NewObject(of)
}

// Values, and the scopes that bind names to them.
type (
	Value               = v1.Value
	ValueScope          = v1.ValueScope
	Object              = v1.Object
	ConstructorFunction = v1.ConstructorFunction
	GraphQLFunction     = v1.GraphQLFunction
	GraphQLValue        = v1.GraphQLValue
	BoolValue           = v1.BoolValue
	EnumValue           = v1.EnumValue
	IntValue            = v1.IntValue
	ListValue           = v1.ListValue
	MapValue            = v1.MapValue
	NullValue           = v1.NullValue
	ScalarValue         = v1.ScalarValue
	StringValue         = v1.StringValue
)

// Types, and the scopes that bind names to them.
type (
	Type       = v1.Type
	TypeScope  = v1.TypeScope
	ListType   = v1.ListType
	MapType    = v1.MapType
	RecordType = v1.RecordType
)

// Nodes of a parsed program, and what a program may import.
type (
	Node                 = v1.Node
	ValueNode            = v1.ValueNode
	Symbol               = v1.Symbol
	Select               = v1.Select
	FunCall              = v1.FunCall
	FieldDecl            = v1.FieldDecl
	DirectiveApplication = v1.DirectiveApplication
	Record               = v1.Record
	Keyed[X any]         = v1.Keyed[X]
	ImportConfig         = v1.ImportConfig
)

// StringType is the type of strings.
var StringType = v1.StringType

// Kinds, visibilities and origins of names.
const (
	EnumKind           = v1.EnumKind
	InterfaceKind      = v1.InterfaceKind
	ScalarKind         = v1.ScalarKind
	PrivateVisibility  = v1.PrivateVisibility
	PublicVisibility   = v1.PublicVisibility
	BindingOriginLocal = v1.BindingOriginLocal
)
