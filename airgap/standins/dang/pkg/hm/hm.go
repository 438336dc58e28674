// Package hm has the type terms that dagger's Dang SDK names; see package dang
// of this module for why it exists.
package hm

import v1 "github.com/vito/dang/pkg/hm"

// The terms that a Dang type is made of.
type (
	Type         = v1.Type
	FunctionType = v1.FunctionType
	NonNullType  = v1.NonNullType
)
