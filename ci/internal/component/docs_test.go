package component

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEverySettingIsDocumented: docs/settings.md has a line for each setting,
// and none for anything else.
func TestEverySettingIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/settings.md")
	require.NoError(t, err)
	settings := reflect.TypeFor[Settings]()
	var missing []string
	for i := range settings.NumField() {
		key, _, _ := strings.Cut(settings.Field(i).Tag.Get("json"), ",")
		if !strings.Contains(string(page), fmt.Sprintf("\n| `%s` | `%s` |", kebab(key), key)) {
			missing = append(missing, key)
		}
	}
	assert.Empty(t, missing)
	assert.Equal(t, settings.NumField(), strings.Count(string(page), "\n| `"))
}
