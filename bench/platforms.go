package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// platforms builds the image of one service for each platform, each time from a lock file
// that no cache has seen: that of this machine's processor, and the other one.
func platforms(ctx context.Context, work string) ([]row, error) {
	studio := filepath.Join(work, "platforms")
	if err := copyTo(filepath.Join("examples/studio", service), filepath.Join(studio, service)); err != nil {
		return nil, err
	}
	build := func(platform string) (time.Duration, error) {
		stamp := fmt.Sprintf("\n# %s %d\n", platform, time.Now().UnixNano())
		if err := appendTo(filepath.Join(studio, service, "requirements.txt"), stamp); err != nil {
			return 0, err
		}
		args := append([]string{"call", "--source", studio}, lockArgs()...)
		return timed(ctx, ".", append(args, "service", "--name", "user-service", "image", "--platform", platform, "sync")...)
	}
	order := []string{"linux/amd64", "linux/arm64"}
	if runtime.GOARCH == "arm64" {
		slices.Reverse(order)
	}
	took := map[string][]time.Duration{}
	for round := range rounds + 1 {
		for _, platform := range order {
			once, err := build(platform)
			if err != nil {
				return nil, err
			}
			if round > 0 { // The first one fetches packages and bases.
				took[platform] = append(took[platform], once)
			}
		}
	}
	var rows []row
	for _, platform := range order {
		r := row{what: platform, took: median(took[platform]), note: fmt.Sprintf("the median of %d", rounds)}
		if len(rows) > 0 {
			r.note += fmt.Sprintf(", %.2f times the other", r.took.Seconds()/rows[0].took.Seconds())
		}
		rows = append(rows, r)
	}
	return rows, nil
}
