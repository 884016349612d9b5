package jobs

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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

// TestDist makes release builds twice and wants them equal byte for byte, and to
// know their version.
func TestDist(t *testing.T) {
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

// TestImage builds the image and runs it once, with whichever of docker, podman
// and buildah works here.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an image")
	}
	env := clean("STORAGE_DRIVER=vfs", "BUILDAH_ISOLATION=chroot") // what buildah needs inside a container
	builder := ""
	for _, b := range []string{"docker", "podman", "buildah"} {
		c := exec.Command(b, "info")
		c.Env = env
		if c.Run() == nil {
			builder = b
			break
		}
	}
	if builder == "" {
		t.Skip("neither docker nor podman nor buildah works here")
	}
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		c := exec.Command(args[0], args[1:]...)
		c.Env = env
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("make", "-C", "..", "DIST="+dir, "VERSION=test", "BUILDER="+builder, "image")
	info, err := os.Stat(filepath.Join(dir, "image", "muster"))
	if err != nil || info.Size() > 25<<20 {
		t.Errorf("the program in the image has %d bytes (%v)", info.Size(), err)
	}
	inImage := []string{builder, "run", "--rm", "muster:test"}
	if builder == "buildah" {
		container := run("buildah", "from", "muster:test")
		defer run("buildah", "rm", container)
		inImage = []string{"buildah", "run", container, "--", "/muster"}
	}
	if out := run(append(inImage, "version")...); !strings.Contains(out, "test") {
		t.Errorf("muster version in the image says %q", out)
	}
	c := exec.Command(inImage[0], append(inImage[1:], "validate", "-", "--domain", "contoso.onmicrosoft.com", "--output", "json")...)
	if builder != "buildah" {
		c = exec.Command(builder, "run", "--rm", "-i", "muster:test", "validate", "-", "--domain", "contoso.onmicrosoft.com", "--output", "json")
	}
	c.Env, c.Stdin = env, strings.NewReader(staff())
	if out, err := c.Output(); err != nil || !strings.Contains(string(out), `"planned": 400`) {
		t.Errorf("muster validate in the image: %v\n%s", err, out)
	}
}
