package trivy

import "slices"

// Updatable are the packages of the image's distribution that an update mends, with
// what it mends of each, and the distribution.
func (r Report) Updatable() (distribution string, mends map[string][]string) {
	mends = map[string][]string{}
	for _, result := range r.Results {
		for _, v := range result.Vulnerabilities {
			if result.Class == classOS && v.FixedVersion != "" {
				mends[v.PkgName] = append(mends[v.PkgName], v.VulnerabilityID)
			}
		}
	}
	for name, ids := range mends {
		slices.Sort(ids)
		mends[name] = slices.Compact(ids)
	}
	if r.Metadata.OS != nil {
		distribution = r.Metadata.OS.Family
	}
	return distribution, mends
}
