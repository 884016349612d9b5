package jobs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// maker runs make in the root of the repository with its output in dir.
func maker(t *testing.T, dir string, args ...string) {
	t.Helper()
	c := exec.Command(tool(t, "make"), append([]string{"-C", "..", "DIST=" + dir, "VERSION=v9.8.7-0-gabcdef"}, args...)...)
	c.Env = clean()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("make %v: %v\n%s", args, err, out)
	}
}

// TestReleaseBuildsAreRepeatable makes release builds twice and wants them equal byte for byte, and to
// know their version.
func TestReleaseBuildsAreRepeatable(t *testing.T) {
	here := runtime.GOOS + "/" + runtime.GOARCH
	var sums [2]string
	for i := range sums {
		dir := t.TempDir()
		maker(t, dir, "dist", "PLATFORMS="+here)
		sums[i] = read(t, filepath.Join(dir, "SHA256SUMS"))
		name := filepath.Join(dir, "muster-"+strings.Replace(here, "/", "-", 1))
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		out, err := exec.Command(name, "version").Output()
		if err != nil || !strings.Contains(string(out), "v9.8.7-0-gabcdef") {
			t.Errorf("muster version says %q (%v)", out, err)
		}
	}
	if sums[0] != sums[1] || sums[0] == "" {
		t.Errorf("two builds differ:\n%s%s", sums[0], sums[1])
	}
}

// TestImage builds the image and runs it, with whichever of buildah, docker and
// podman works here. buildah comes first because it needs no daemon and, with
// these variables, no privileges that a container lacks.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an image")
	}
	env := clean("STORAGE_DRIVER=vfs", "BUILDAH_ISOLATION=chroot")
	run := func(stdin string, args ...string) (string, error) {
		c := exec.Command(args[0], args[1:]...)
		c.Env, c.Stdin = env, strings.NewReader(stdin)
		out, err := c.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	must := func(stdin string, args ...string) string {
		t.Helper()
		out, err := run(stdin, args...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	builders := []string{"buildah", "docker", "podman"}
	works := slices.IndexFunc(builders, func(b string) bool { _, err := run("", b, "info"); return err == nil })
	if works < 0 {
		t.Skip("neither buildah nor docker nor podman works here")
	}
	builder, dir, image := builders[works], t.TempDir(), "muster:"+imageTag
	must("", "make", "-C", "..", "DIST="+dir, "VERSION="+imageTag, "BUILDER="+builder, "image")
	t.Cleanup(func() { _, _ = run("", builder, "rmi", image) })
	info, err := os.Stat(filepath.Join(dir, "image", "muster"))
	if err != nil || info.Size() > 25<<20 {
		t.Errorf("the program in the image has %d bytes (%v)", info.Size(), err)
	}
	inImage := []string{builder, "run", "--rm", "-i", image}
	if builder == "buildah" {
		container := must("", "buildah", "from", image)
		t.Cleanup(func() { _, _ = run("", "buildah", "rm", container) })
		inImage = []string{"buildah", "run", container, "--", "/muster"}
	}
	if out := must("", append(inImage, "version")...); !strings.Contains(out, imageTag) {
		t.Errorf("muster version in the image says %q", out)
	}
	// Standard input is spooled, and results are written, by a user who is not
	// root.
	out := must(staff(), append(inImage, "apply", "-", "--simulate", "--output", "json")...)
	if want := fmt.Sprintf(`"created": %d,`, people); !strings.Contains(out, want) {
		t.Errorf("no %s in the rehearsal in the image:\n%s", want, out)
	}
}

// imageTag names the image of the test, which is removed in the end.
const imageTag = "of-the-test"
