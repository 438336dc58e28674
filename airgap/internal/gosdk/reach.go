package gosdk

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// patience is how long a proxy may take to answer anything.
const patience = 5 * time.Second

// inReach is a GOPROXY of what answers. Where it names proxies and none of them does,
// neither they nor direct are in it: where packets are dropped and not refused, Go
// waits minutes for each module that it looks for, and it looks for some that there
// are not.
func inReach(ctx context.Context, goproxy string) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers, asked, kept := make(chan bool), 0, ""
	for _, entry := range strings.FieldsFunc(goproxy, func(r rune) bool { return r == ',' || r == '|' }) {
		switch address := strings.TrimSpace(entry); {
		case strings.HasPrefix(address, "https://"), strings.HasPrefix(address, "http://"):
			asked++
			go func() { answers <- isAnswered(ctx, address) }()
		case strings.HasPrefix(address, "file://"):
			kept += address + ","
		}
	}
	some := asked == 0
	for range asked {
		some = <-answers || some
	}
	if some {
		return goproxy
	}
	return kept + "off"
}

// isAnswered tells whether anything is said at an address, a refusal too.
func isAnswered(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}
