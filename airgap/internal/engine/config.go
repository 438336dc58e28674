package engine

import (
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"strconv"
)

// Limits are how much disk the engine's caches may take. They are sizes such
// as "30GB", or percentages of the disk such as "20%".
type Limits struct {
	// Max is what the caches may grow to.
	Max string
	// Keep is what the caches keep, even when the disk is nearly full.
	Keep string
	// MinFree is what is to stay free on the disk.
	MinFree string
}

// DefaultLimits keep the caches of a working day on a disk that is nearly full.
// The engine's own default wants a fifth of the disk to be free, and on a
// fuller one empties all its caches after each call.
var DefaultLimits = Limits{Max: "40GB", Keep: "10GB", MinFree: "1GB"}

// size is what the engine takes for a size; it ends at once over another.
var size = regexp.MustCompile(`^([0-9]+%|[0-9]+(\.[0-9]+)?([kKmMgGtTpP][iI]?)?[bB]?)$`)

// Check fails when a limit is no size.
func (l Limits) Check() error {
	for flag, value := range map[string]string{"--cache-max": l.Max, "--cache-keep": l.Keep, "--cache-min-free": l.MinFree} {
		if !size.MatchString(value) {
			return fmt.Errorf("%s is %q, which is no size; write one such as 30GB, or a part of the disk such as 20%%", flag, value)
		}
	}
	return nil
}

type registry struct {
	Mirrors   []string `json:"mirrors,omitempty"`
	PlainHTTP bool     `json:"http,omitempty"`
}

type collection struct {
	Reserved string `json:"reservedSpace"`
	Max      string `json:"maxUsedSpace"`
	MinFree  string `json:"minFreeSpace"`
}

// Config renders engine.json: Docker Hub is asked at the mirror, the registries
// in plainHTTP are spoken to without TLS. Registries on the loopback interface
// are so in any case.
func Config(mirrorPort int, plainHTTP []string, limits Limits) ([]byte, error) {
	mirror := net.JoinHostPort("127.0.0.1", strconv.Itoa(mirrorPort))
	if err := limits.Check(); err != nil {
		return nil, err
	}
	registries := map[string]registry{
		"docker.io": {Mirrors: []string{mirror}},
		mirror:      {PlainHTTP: true},
	}
	for _, host := range plainHTTP {
		registries[host] = registry{PlainHTTP: true}
	}
	data, err := json.MarshalIndent(map[string]any{
		"logLevel":   "warn",
		"registries": registries,
		"gc":         collection{Reserved: limits.Keep, Max: limits.Max, MinFree: limits.MinFree},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("render engine.json: %w", err)
	}
	return append(data, '\n'), nil
}
