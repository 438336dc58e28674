package component

// Parameters are what the component's image is built by, as a provenance has them:
// where it is left to chance which packages those are, that too.
func (c Component) Parameters() map[string]any {
	s := c.Settings
	parameters := map[string]any{
		"component": c.Name, "path": c.Path, "platforms": s.Platforms, "dockerfile": s.Dockerfile, "target": s.Target, "buildArgs": s.BuildArgs,
	}
	if c.Unhashed != "" {
		parameters["unhashed"] = c.Unhashed
	}
	if c.ExtraIndex != "" {
		parameters["extraIndex"] = c.ExtraIndex
	}
	return parameters
}
