// Package publishing brings scanned images to registries, and says who made
// them:
//
//	target, err := publishing.NewTarget(publishing.Target{Address: "registry.example"})
//	registry, err := publishing.Open(ctx, target)
//	signer, err := signing.Open(ctx)
//	publication, err := publishing.Publication(ctx, tags, scans, signer, build)
//	published, err := publishing.Publish(ctx, []*publishing.Registry{registry}, "user-service", publication, nil)
//
// A registry and a signer are made whole once for a call, and handed on.
package publishing
