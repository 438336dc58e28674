package frontend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// TestOutside are imports that leave a component, as each tool prints them, and no others.
func TestOutside(t *testing.T) {
	for printed, want := range map[string][]string{
		"\x1b[31mError\x1b[39m: Failed to resolve import \"../../../libs/ui/mode\" from \"tests/mode.spec.ts\". Does the file exist?": {"libs/ui/mode"},
		"Cannot find module '../../shared/a' from 'src/a.test.ts'":                                                                    {"apps/shared/a"},
		"src/a.ts(3,20): error TS2307: Cannot find module '../../../shared/a' or its types":                                           {"shared/a"},
		"src/a.ts:3:20 - error TS2307: Cannot find module '../../../shared/a' or its types":                                           {"shared/a"},
		"Module not found: Error: Can't resolve '../../../shared/a' in '/src/apps/web/src'":                                           {"shared/a"},
		"Error: Could not resolve \"../../../shared/a\" from \"src/main.ts\"":                                                         {"shared/a"},
		"Failed to resolve import \"../made/a\" from \"src/a.ts\"":                                                                    nil,
		"Failed to resolve import \"react\" from \"src/a.ts\"":                                                                        nil,
		"src/a.ts(3,20): error TS2307: Cannot find module '../../../../../a' or its types":                                            nil,
		"src/a.ts(3,20): error TS2307: Cannot find module './a' or its corresponding type declarations":                               nil,
	} {
		assert.Equal(t, want, frontend.Outside("/src", "apps/web", printed), printed)
	}
}
