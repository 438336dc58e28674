package cuda

import "regexp"

// How Dockerfiles come by a Python of a version: by the image, by a package that names
// it, by uv or conda, or by the one of a distribution.
var (
	ofImage   = regexp.MustCompile(`(?:^|/)python:(3\.\d+)`)
	ofPackage = regexp.MustCompile(`\bpython(3\.\d+)(?:-venv|-dev|-minimal|-full)?(?:\s|$|\\)|\bpython[= ]{1,2}(3\.\d+)\b|\bpython install (3\.\d+)\b`)
	ofUbuntu  = regexp.MustCompile(`ubuntu-?(\d\d\.?\d\d)`)
	itsOwn    = regexp.MustCompile(`install[^\n&]*(?:\\\n[^&]*)*\bpython3(?:-venv|-pip|-dev|-full)?(?:\s|$|\\)`)
	distro    = map[string]string{"22.04": "3.10", "2204": "3.10", "24.04": "3.12", "2404": "3.12", "26.04": "3.14"}
)

// Python is the version that the image of a Dockerfile has, which builds on a base;
// empty where the text does not tell.
func Python(text, base string) string {
	if found := ofImage.FindStringSubmatch(base); found != nil {
		return found[1]
	}
	if found := ofPackage.FindStringSubmatch(text); found != nil {
		for _, version := range found[1:] {
			if version != "" {
				return version
			}
		}
	}
	if release := ofUbuntu.FindStringSubmatch(base); release != nil && itsOwn.MatchString(text) {
		return distro[release[1]]
	}
	return ""
}
