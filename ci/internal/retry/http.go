package retry

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Refused sorts the error that an HTTP answer is: an overloaded or broken server
// is asked again, when it says so, and everything else is final.
func Refused(response *http.Response, err error) error {
	pause, told := wait(response.Header, time.Now())
	switch {
	case response.StatusCode < http.StatusInternalServerError && !Limited(response):
		return Final(err)
	case told:
		return After(err, pause)
	}
	return err
}

// Limited tells whether a server did nothing, as it is asked too often. Some say
// so as if it were forbidden.
func Limited(response *http.Response) bool {
	_, told := wait(response.Header, time.Now())
	return response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusForbidden && told
}

// Unanswered sorts the error of a request that got no answer: who is not
// believed now will not be believed later.
func Unanswered(err error) error {
	var unproven *tls.CertificateVerificationError
	if errors.As(err, &unproven) {
		return Final(err)
	}
	return err
}

// wait is how long a server asks to be left alone, and whether it does: in the
// header that all know, or in GitHub's.
func wait(header http.Header, now time.Time) (pause time.Duration, told bool) {
	const least = time.Second
	after := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil {
		return max(time.Duration(seconds)*time.Second, least), true
	}
	if at, err := http.ParseTime(after); err == nil {
		return max(at.Sub(now), least), true
	}
	if reset, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64); err == nil && header.Get("X-RateLimit-Remaining") == "0" {
		return max(time.Unix(reset, 0).Sub(now), least), true
	}
	return 0, false
}
