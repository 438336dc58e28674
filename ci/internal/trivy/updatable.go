package trivy

import (
	"fmt"
	"slices"
)

// Updatable are the packages of the image's distribution that an update mends, with
// what it mends of each, and the distribution. It is an error of one whose packages
// are not Debian's.
func (r Report) Updatable() (distribution string, mends map[string][]string, err error) {
	if r.Metadata.OS == nil {
		return "", nil, fmt.Errorf("%s: Trivy recognised no operating system. Give an image with /etc/os-release", r.ArtifactName)
	}
	distribution = r.Metadata.OS.Family
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
	if distribution != "debian" && distribution != "ubuntu" && len(mends) > 0 {
		return "", nil, fmt.Errorf("its distribution is %s, and only packages of Debian and Ubuntu are updated so. Wait for a newer base, or take another", distribution)
	}
	return distribution, mends, nil
}
