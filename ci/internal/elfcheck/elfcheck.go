// Package elfcheck tells whether shared objects are for the processor of an
// image's platform: a library of another one fails only where it is loaded, in
// production.
package elfcheck

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Script is Python that lists what would be loaded below the directories given as
// arguments, a line each: the machine's number in ELF, a tab, the path. Of an
// installed package these are its extension modules; its other objects may be helpers
// for machines of every kind, and what they are for its wheel says: the word wheel,
// its platforms, the path.
const Script = `
import mmap, os, re, sys

def imported(name, file):
    if re.search(r"\.(cpython-[^.]+|abi3)\.so$", name):
        return True
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return name.endswith(".so") and content.find(b"PyInit_" + name[:-3].encode()) >= 0

for root in sys.argv[1:]:
    for folder, _, names in os.walk(root):
        installed = "site-packages" in folder or "dist-packages" in folder
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            within = os.path.relpath(path, root)
            if name == "WHEEL" and folder.endswith(".dist-info"):
                with open(path, encoding="utf-8", errors="replace") as file:
                    tags = [line.split("-", 2)[2].strip() for line in file if line.startswith("Tag:") and line.count("-") >= 2]
                print("wheel", " ".join(tags), within, sep="\t")
            if ".so" not in name:
                continue
            with open(path, "rb") as file:
                head = file.read(20)
                if head[:4] != b"\x7fELF" or installed and not imported(name, file):
                    continue
            order = "little" if head[5] == 1 else "big"
            print(int.from_bytes(head[18:20], order), within, sep="\t")
`

// machines are the processors of the platforms that images are built for.
var machines = map[string]elf.Machine{
	"linux/amd64": elf.EM_X86_64,
	"linux/arm64": elf.EM_AARCH64,
}

// Assert reads a listing of Script, and refuses one with a shared object that
// is not for the platform. It returns how many there are.
func Assert(listing, platform string) (int, error) {
	want, known := machines[platform]
	if !known {
		return 0, fmt.Errorf("platform %q is unknown. Name linux/amd64 or linux/arm64", platform)
	}
	var foreign []string
	count := 0
	for line := range strings.Lines(listing) {
		number, path, found := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if number == "wheel" {
			tags, at, _ := strings.Cut(path, "\t")
			if !runsOn(tags, platform) {
				foreign = append(foreign, fmt.Sprintf("%s is a package for %s", at, tags))
			}
			continue
		}
		machine, err := strconv.ParseUint(number, 10, 16)
		if !found || err != nil {
			return 0, fmt.Errorf("list the shared objects: %q is no line of the listing", line)
		}
		count++
		if got := elf.Machine(machine); got != want {
			foreign = append(foreign, fmt.Sprintf("%s is for %s", path, machineName(got)))
		}
	}
	if len(foreign) == 0 {
		return count, nil
	}
	const most = 5
	if more := len(foreign) - most; more > 0 {
		foreign = append(foreign[:most], fmt.Sprintf("and %d more", more))
	}
	return count, errors.New("shared objects of another processor in an image for " + platform + ":\n" + strings.Join(foreign, "\n") +
		"\nInstall packages for the target: uv pip install --python-platform, or pip install --platform, not plain pip on the machine that builds")
}

// runsOn tells whether one of a wheel's platforms is that of an image. One that names
// no processor is every one's.
func runsOn(tags, platform string) bool {
	of := map[string]string{"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
	named := false
	for tag := range strings.FieldsFuncSeq(tags, func(r rune) bool { return r == ' ' || r == '.' }) {
		if tag == "any" || strings.HasSuffix(tag, "_"+of[platform]) {
			return true
		}
		named = named || strings.Contains(tag, "_")
	}
	return !named
}

// Executable refuses a program that is not for the platform. A file that is no
// program of machine code, such as a script, is of every platform. The name is for
// the message.
func Executable(file, name, platform string) error {
	want, known := machines[platform]
	if !known {
		return fmt.Errorf("platform %q is unknown. Name linux/amd64 or linux/arm64", platform)
	}
	program, err := elf.Open(file)
	if _, other := errors.AsType[*elf.FormatError](err); other || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", name, err)
	}
	defer func() { _ = program.Close() }()
	if program.Machine == want {
		return nil
	}
	return fmt.Errorf("%s, which the image for %s runs, is for %s. Compile for the target: ARG TARGETARCH in the stage, and GOARCH=$TARGETARCH or the like",
		name, platform, machineName(program.Machine))
}

// machineName says a machine as people do.
func machineName(machine elf.Machine) string {
	switch machine {
	case elf.EM_X86_64:
		return "amd64"
	case elf.EM_AARCH64:
		return "arm64"
	}
	return machine.String()
}
