package trivy

// Layer is the layer of an image that something is in.
type Layer struct {
	// Digest is the layer's in the image's manifest.
	Digest string
	// DiffID is the digest of the layer's files, unpacked: the image's
	// configuration lists its layers by it.
	DiffID string
	// CreatedBy is what made the layer, where Trivy says it.
	CreatedBy string
}

// historyEntry is one step of how an image was made.
type historyEntry struct {
	CreatedBy string `json:"created_by"`
	Empty     bool   `json:"empty_layer"`
}

// origin is what made a layer: what Trivy says, or else the step of the image's
// history, of which every one that is not empty made the next layer. It is empty
// where neither says anything.
func (m Metadata) origin(of Layer) string {
	if of.DiffID == "" || of.CreatedBy != "" {
		return of.CreatedBy
	}
	layer := 0
	diffIDs := m.ImageConfig.RootFS.DiffIDs
	for _, step := range m.ImageConfig.History {
		switch {
		case step.Empty:
		case layer == len(diffIDs):
			return ""
		case diffIDs[layer] == of.DiffID:
			return step.CreatedBy
		default:
			layer++
		}
	}
	return ""
}
