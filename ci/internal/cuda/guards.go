package cuda

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The guards, by the names under which settings can decide for none.
const (
	Libraries = "cuda-twice"
	Owners    = "owners"
	Layers    = "layers"
	Weights   = "weights"
)

// Guards are their names.
var Guards = []string{Libraries, Owners, Layers, Weights}

// Guard returns all that is wrong with the image, in one error, with what each guard
// says under its name. No layer may weigh more than the budget, in bytes as it is
// pulled. Those that are decided against are left out.
func Guard(image Image, budget int64, without func(guard string) bool) error {
	var all []error
	for _, guard := range []struct {
		name string
		look func() error
	}{
		{Libraries, image.hasLibrariesTwice},
		{Owners, image.changesOwners},
		{Layers, func() error { return image.exceeds(budget) }},
		{Weights, image.mixesWeightsAndCode},
	} {
		if without != nil && without(guard.name) {
			continue
		}
		if err := guard.look(); err != nil {
			all = append(all, fmt.Errorf("guard %s: %w", guard.name, err))
		}
	}
	return errors.Join(all...)
}

const mebibyte = 1 << 20

// A library of CUDA, by its name without the version.
var library = regexp.MustCompile(`^lib(cudart|cublas|cublasLt|cudnn\w*|cufft|cufftw|curand|cusolver|cusolverMg|cusparse|cusparseLt|nccl|nvrtc|nvJitLink|cupti|nvshmem\w*)(?:-[0-9a-f]+)?\.so`)

// hasLibrariesTwice finds CUDA in the base and in Python packages as well:
// gigabytes, of which one half is never loaded, or the wrong one is.
func (i Image) hasLibrariesTwice() error {
	inBase, inWheels := map[string]string{}, map[string]string{}
	packages := map[string]bool{}
	var weight int64
	for name, f := range i.merged() {
		if named := wheel.FindStringSubmatch(name); named != nil {
			packages[strings.ReplaceAll(named[1], "_", "-")] = true
		}
		found := library.FindStringSubmatch(path.Base(name))
		switch {
		case found == nil:
		case inSitePackages(name):
			inWheels[found[1]] = name
			weight += f.size
		default:
			inBase[found[1]] = name
		}
	}
	if len(inBase) == 0 || (len(packages) == 0 && len(both(inBase, inWheels)) == 0) {
		return nil
	}
	from := "packages in site-packages"
	if len(packages) > 0 {
		from = strings.Join(slices.Sorted(maps.Keys(packages)), ", ")
	}
	return fmt.Errorf("CUDA is in the image twice: %s of the base image, and %s in %s (%s). "+
		"Take a base image without CUDA, such as python:3.13-slim, when Python packages bring it, or packages without it",
		strings.Join(libraries(inBase), ", "), strings.Join(libraries(inWheels), ", "), from, weigh(weight))
}

// wheel is the record of an installed package of NVIDIA's that brings CUDA: of CUDA 12
// and before its name says which, and from 13 on it has no suffix.
var wheel = regexp.MustCompile(`/(nvidia_(?:[a-z0-9_]+_cu\d+|cublas|cuda_[a-z_]+|cufft|cufile|curand|cusolver|cusparse|nvjitlink|nvtx|npp|nvjpeg|nvvm))-\d[^/]*\.dist-info/`)

func inSitePackages(name string) bool {
	return strings.Contains(name, "/site-packages/") || strings.Contains(name, "/dist-packages/")
}

func both(a, b map[string]string) []string {
	return slices.DeleteFunc(libraries(a), func(name string) bool { return b[strings.TrimPrefix(name, "lib")] == "" })
}

func libraries(of map[string]string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		names = append(names, "lib"+name)
	}
	return names
}

// changesOwners finds layers that hold the files of lower ones once more, with
// the same content and another owner: a chown copies all that it touches.
func (i Image) changesOwners() error {
	var found []error
	for n, l := range i.layers {
		suspects := i.suspects(n)
		if total := l.size(); total < mebibyte || weight(suspects)*10 < total*9 {
			continue
		}
		same, err := i.unchanged(n, suspects)
		if err != nil {
			return fmt.Errorf("compare the layers of the image: %w", err)
		}
		if doubled := weight(same); doubled*10 >= l.size()*9 {
			found = append(found, fmt.Errorf("layer %d (%s) holds %d files of lower layers once more, because their owner was changed: %s doubled. "+
				"Set the owner where the files are made: COPY --chown, or chown in the same RUN", n+1, l.step, len(same), weigh(doubled)))
		}
	}
	return errors.Join(found...)
}

// suspects are the files of a layer that a lower one has with the same size
// and another owner.
func (i Image) suspects(n int) map[string]file {
	suspects := map[string]file{}
	for name, f := range i.layers[n].files {
		below, has := i.below(n, name)
		if !has {
			continue
		}
		was := i.layers[below].files[name]
		if was.size == f.size && (was.uid != f.uid || was.gid != f.gid) {
			suspects[name] = f
		}
	}
	return suspects
}

// below is the nearest layer under the nth that has the file.
func (i Image) below(n int, name string) (int, bool) {
	for lower := n - 1; lower >= 0; lower-- {
		if _, has := i.layers[lower].files[name]; has {
			return lower, true
		}
	}
	return 0, false
}

// unchanged are those suspects whose content is what it was.
func (i Image) unchanged(n int, suspects map[string]file) (map[string]file, error) {
	now, err := i.layers[n].sums(suspects)
	if err != nil {
		return nil, err
	}
	was := map[string][sha256.Size]byte{}
	for lower := range n {
		wanted := map[string]file{}
		for name := range suspects {
			if at, _ := i.below(n, name); at == lower {
				wanted[name] = suspects[name]
			}
		}
		sums, err := i.layers[lower].sums(wanted)
		if err != nil {
			return nil, err
		}
		maps.Copy(was, sums)
	}
	same := map[string]file{}
	for name, f := range suspects {
		if now[name] == was[name] {
			same[name] = f
		}
	}
	return same, nil
}

// sums reads the layer once for the sums of some of its files.
func (l layer) sums(wanted map[string]file) (map[string][sha256.Size]byte, error) {
	sums := map[string][sha256.Size]byte{}
	if len(wanted) == 0 {
		return sums, nil
	}
	return sums, l.each(func(header *tar.Header, content io.Reader) error {
		name := clean(header.Name)
		if _, is := wanted[name]; !is {
			return nil
		}
		hash := sha256.New()
		if _, err := io.Copy(hash, content); err != nil {
			return err
		}
		sums[name] = [sha256.Size]byte(hash.Sum(nil))
		return nil
	})
}

// exceeds finds layers over the budget.
func (i Image) exceeds(budget int64) error {
	var found []error
	for n, l := range i.layers {
		if l.pulled > budget {
			found = append(found, fmt.Errorf("layer %d (%s) weighs %s, and the layerBudget setting allows %s. "+
				"Install in several steps, leave out what is not needed, or raise the setting", n+1, l.step, weigh(l.pulled), weigh(budget)))
		}
	}
	return errors.Join(found...)
}

// The kinds of file that hold a model's weights, and the least size at which
// one is no test's sample.
var weights = []string{".safetensors", ".pt", ".pth", ".bin", ".onnx", ".gguf", ".ckpt"}

const leastWeights = 10 * mebibyte

// mixesWeightsAndCode finds layers with a model's weights beside the code:
// each commit pushes and pulls the weights anew.
func (i Image) mixesWeightsAndCode() error {
	var found []error
	for n, l := range i.layers {
		heavy := map[string]file{}
		code := ""
		for name, f := range l.files {
			switch extension := path.Ext(name); {
			case f.size >= leastWeights && slices.Contains(weights, extension) && !ofOthers(name):
				heavy[name] = f
			case extension == ".py" && !inSitePackages(name) && !ofOthers(name) && (code == "" || name < code):
				code = name
			}
		}
		if len(heavy) > 0 && code != "" {
			found = append(found, fmt.Errorf("layer %d (%s) holds model weights (%s: %s) beside code (%s): every change of the code brings them again. "+
				"Mount the weights from a volume, or copy them in a step of their own before the code",
				n+1, l.step, strings.Join(slices.Sorted(maps.Keys(heavy)), ", "), weigh(weight(heavy)), code))
		}
	}
	return errors.Join(found...)
}

// ofOthers tells what a distribution or NVIDIA has brought.
func ofOthers(name string) bool {
	return slices.ContainsFunc([]string{
		"etc/", "usr/lib/", "usr/share/", "usr/local/lib/python", "usr/local/cuda", "opt/nvidia/", "opt/conda/", "var/cache/", "var/lib/", "root/.cache/",
	}, func(dir string) bool {
		return strings.HasPrefix(name, dir)
	})
}

// merged are the files of all layers; what an upper layer deletes is pulled
// all the same, and stays.
func (i Image) merged() map[string]file {
	all := map[string]file{}
	for _, l := range i.layers {
		maps.Copy(all, l.files)
	}
	return all
}

func weight(files map[string]file) (total int64) {
	for _, f := range files {
		total += f.size
	}
	return total
}

func weigh(bytes int64) string {
	if bytes >= 1024*mebibyte {
		return fmt.Sprintf("%.1f GiB", float64(bytes)/(1024*mebibyte))
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/mebibyte)
}
