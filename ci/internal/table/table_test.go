package table_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/table"
)

func TestColumnsAreBelowEachOther(t *testing.T) {
	require.Equal(t, ""+
		"NAME          BY\n"+
		"user-service  a person\n"+
		"a             \n",
		table.Aligned([][]string{{"NAME", "BY"}, {"user-service", "a person"}, {"a", ""}}))
	require.Empty(t, table.Aligned(nil))
}

func TestACellIsALine(t *testing.T) {
	require.Equal(t, "a\\x0ab  \\x09c\n", table.Aligned([][]string{{"a\nb", "\x1b[1m\tc"}}))
}
