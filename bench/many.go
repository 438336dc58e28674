package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// hundred delivers one service a hundred times, with one changed file each time, and says
// what the engine's disk has of it.
func hundred(ctx context.Context, work string) ([]row, error) {
	studio := filepath.Join(work, "hundred")
	if err := copyTo(filepath.Join("examples/studio", service), filepath.Join(studio, service)); err != nil {
		return nil, err
	}
	var rows []row
	before, begin := stateSize(), time.Now()
	for n := 1; n <= 100; n++ {
		if err := appendTo(filepath.Join(studio, service, "user_service/users.py"), fmt.Sprintf("\n\nMEASURED_%d = %d\n", n, time.Now().UnixNano())); err != nil {
			return rows, err
		}
		args := append([]string{"call", "--source", studio}, lockArgs()...)
		if _, err := timed(ctx, ".", append(args, "deliver", "report")...); err != nil {
			return rows, err
		}
		if n == 1 || n == 10 || n == 100 {
			rows = append(rows, row{what: fmt.Sprintf("after the delivery %d", n), took: time.Since(begin), note: grown(before, stateSize())})
		}
	}
	return rows, nil
}
