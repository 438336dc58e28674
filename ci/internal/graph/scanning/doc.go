// Package scanning has Trivy look at images, and judges what it finds:
//
//	scanner := scanning.Scanner{Images: images, Policy: scanning.Policy{Severity: "HIGH"}}
//	scan, err := scanner.Image(ctx, "user-service", "linux/amd64", image)
//	err = scan.Gate(ctx, "")
//
// An image is scanned once; everything else is derived from that one report.
// What a registry holds is scanned again in one way: Again.
package scanning

import "github.com/pingvas/pingvas-ci/ci/internal/dagger"

var dag = dagger.Connect()
