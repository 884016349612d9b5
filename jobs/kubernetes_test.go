package jobs

import (
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

var rendered = flag.String("rendered", "", "a folder with the manifests as kustomize makes them; make manifests names it")

// object is what the tests look at in a manifest.
type object struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     struct {
		jobSpec           `yaml:",inline"`
		ConcurrencyPolicy string                 `yaml:"concurrencyPolicy"`
		JobTemplate       struct{ Spec jobSpec } `yaml:"jobTemplate"`
		podSpec           `yaml:",inline"`
	}
}

type jobSpec struct {
	CompletionMode        string `yaml:"completionMode"`
	Completions           int
	Parallelism           int
	BackoffLimitPerIndex  int                    `yaml:"backoffLimitPerIndex"`
	BackoffLimit          *int                   `yaml:"backoffLimit"`
	ActiveDeadlineSeconds int                    `yaml:"activeDeadlineSeconds"`
	PodFailurePolicy      struct{ Rules []rule } `yaml:"podFailurePolicy"`
	Template              struct{ Spec podSpec }
}

type rule struct {
	Action      string
	OnExitCodes struct {
		ContainerName, Operator string
		Values                  []int
	} `yaml:"onExitCodes"`
	OnPodConditions []struct{ Type string } `yaml:"onPodConditions"`
}

type podSpec struct {
	RestartPolicy   string `yaml:"restartPolicy"`
	Automount       *bool  `yaml:"automountServiceAccountToken"`
	Grace           int    `yaml:"terminationGracePeriodSeconds"`
	SecurityContext struct {
		RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
		RunAsUser      int                   `yaml:"runAsUser"`
		SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
	} `yaml:"securityContext"`
	Containers []container
	Volumes    []struct {
		Name   string
		Claim  any `yaml:"persistentVolumeClaim"`
		Empty  any `yaml:"emptyDir"`
		Secret any
		Config any `yaml:"configMap"`
	}
}

type container struct {
	Name            string
	Args            []string
	Env             []struct{ Name, Value string }
	Resources       struct{ Requests, Limits map[string]string }
	SecurityContext struct {
		AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities             struct{ Drop []string }
	} `yaml:"securityContext"`
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
}

// objects reads a file of manifests.
func objects(t *testing.T, path string) []object {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []object
	for d := yaml.NewDecoder(f); ; {
		var o object
		err := d.Decode(&o)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, o)
	}
}

// TestBase checks the Job that all overlays are made from.
func TestBase(t *testing.T) {
	all := objects(t, "kubernetes/base/job.yaml")
	if len(all) != 1 || all[0].Kind != "Job" {
		t.Fatalf("job.yaml holds %d objects", len(all))
	}
	checkJob(t, all[0].Spec.jobSpec)
	for _, line := range strings.Split(read(t, "kubernetes/base/settings.env"), "\n") {
		if name, _, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			checkSetting(t, name, "apply")
		}
	}
}

// TestSharded checks what the sharded overlay changes in that Job.
func TestSharded(t *testing.T) {
	all := objects(t, "kubernetes/overlays/sharded/sharded.yaml")
	if len(all) != 1 || all[0].Kind != "Job" {
		t.Fatalf("sharded.yaml holds %d objects", len(all))
	}
	checkShards(t, all[0].Spec.jobSpec)
	checkExitCodes(t, all[0].Spec.jobSpec)
}

// TestRendered checks the manifests as a cluster gets them.
func TestRendered(t *testing.T) {
	if *rendered == "" {
		t.Skip("make manifests runs this, with kustomize")
	}
	want := map[string][]string{
		"run": {"ConfigMap", "ConfigMap", "Job", "PersistentVolumeClaim"}, "login": {"ConfigMap", "Job", "PersistentVolumeClaim"},
		"nightly": {"ConfigMap", "CronJob", "PersistentVolumeClaim"}, "sharded": {"ConfigMap", "Job", "PersistentVolumeClaim"},
		"rehearsal": {"ConfigMap", "ConfigMap", "Job"}, "files": {"Pod"},
	}
	for name, kinds := range want {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, o := range objects(t, filepath.Join(*rendered, name+".yaml")) {
				got = append(got, o.Kind)
				checkObject(t, name, o)
			}
			slices.Sort(got)
			if !slices.Equal(got, kinds) {
				t.Errorf("kinds %v, want %v", got, kinds)
			}
		})
	}
}

func checkObject(t *testing.T, overlay string, o object) {
	t.Helper()
	switch o.Kind {
	case "Job":
		checkJob(t, o.Spec.jobSpec)
		if overlay == "sharded" {
			checkShards(t, o.Spec.jobSpec)
		}
		args := o.Spec.Template.Spec.Containers[0].Args
		if got, want := slices.Contains(args, "--simulate"), overlay == "rehearsal"; got != want {
			t.Errorf("%s has arguments %v", overlay, args)
		}
		for _, v := range o.Spec.Template.Spec.Volumes {
			if overlay == "rehearsal" && v.Claim != nil {
				t.Error("the rehearsal shares the volume of real runs")
			}
		}
	case "CronJob":
		checkJob(t, o.Spec.JobTemplate.Spec)
		if o.Spec.ConcurrencyPolicy != "Forbid" {
			t.Errorf("concurrencyPolicy %q, want Forbid", o.Spec.ConcurrencyPolicy)
		}
	case "Pod":
		checkPod(t, o.Spec.podSpec)
	case "ConfigMap":
		for name := range o.Data {
			if strings.HasPrefix(name, "MUSTER_") {
				checkSetting(t, name, "apply")
			}
		}
	}
}

func checkJob(t *testing.T, j jobSpec) {
	t.Helper()
	checkExitCodes(t, j)
	pod := j.Template.Spec
	checkPod(t, pod)
	c := pod.Containers[0]
	if pod.RestartPolicy != "Never" || j.ActiveDeadlineSeconds == 0 {
		t.Errorf("restartPolicy %q, activeDeadlineSeconds %d", pod.RestartPolicy, j.ActiveDeadlineSeconds)
	}
	flags := settingsOf(t, c.Args[0])
	for _, a := range c.Args[1:] {
		if name, ok := strings.CutPrefix(a, "--"); ok && !flags[name] {
			t.Errorf("muster %s has no flag %s", c.Args[0], a)
		}
	}
	env := map[string]string{}
	for _, e := range c.Env {
		env[e.Name] = e.Value
		checkSetting(t, e.Name, "apply") // login shares its settings
		if strings.HasPrefix(e.Value, "/") {
			checkPlace(t, c, e.Name, e.Value)
		}
	}
	timeout, err := time.ParseDuration(env["MUSTER_REQUEST_TIMEOUT"])
	if grace := time.Duration(pod.Grace) * time.Second; err != nil || grace <= timeout {
		t.Errorf("the grace period of %v is not above the request timeout %v (%v)", grace, timeout, err)
	}
}

// checkExitCodes compares the failure policy with README.
func checkExitCodes(t *testing.T, j jobSpec) {
	t.Helper()
	again, person := exitCodes(t)
	fail := "FailJob"
	if j.CompletionMode == "Indexed" {
		fail = "FailIndex"
	}
	rules := j.PodFailurePolicy.Rules
	if len(rules) == 0 || rules[0].Action != "Ignore" || len(rules[0].OnPodConditions) != 1 || rules[0].OnPodConditions[0].Type != "DisruptionTarget" {
		t.Fatalf("the first rule does not ignore disruptions: %+v", rules)
	}
	got := map[string][]int{}
	for _, r := range rules[1:] {
		if r.OnExitCodes.Operator != "In" {
			t.Errorf("operator %q", r.OnExitCodes.Operator)
		}
		got[r.Action] = r.OnExitCodes.Values
	}
	if want := map[string][]int{fail: person, "Count": again}; !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("podFailurePolicy %v, want %v", got, want)
	}
}

func checkShards(t *testing.T, j jobSpec) {
	t.Helper()
	shards := ""
	for _, e := range j.Template.Spec.Containers[0].Env {
		if e.Name == "MUSTER_SHARDS" {
			shards = e.Value
		}
	}
	if j.CompletionMode != "Indexed" || j.Completions < 2 || shards != strconv.Itoa(j.Completions) {
		t.Errorf("completionMode %q, completions %d, MUSTER_SHARDS %q", j.CompletionMode, j.Completions, shards)
	}
	if j.BackoffLimitPerIndex == 0 || j.BackoffLimit != nil {
		t.Errorf("backoffLimitPerIndex %d, backoffLimit %v", j.BackoffLimitPerIndex, j.BackoffLimit)
	}
}

// checkPlace wants a file that a setting names to be on a volume, and on one that
// can be written unless it is a secret that is only read.
func checkPlace(t *testing.T, c container, setting, path string) {
	t.Helper()
	for _, m := range c.VolumeMounts {
		if strings.HasPrefix(path, m.MountPath+"/") {
			if m.ReadOnly && setting != "MUSTER_CLIENT_SECRET_FILE" {
				t.Errorf("%s names %s, which cannot be written", setting, path)
			}
			return
		}
	}
	t.Errorf("%s names %s, which is on no volume", setting, path)
}

func checkPod(t *testing.T, p podSpec) {
	t.Helper()
	if len(p.Containers) != 1 {
		t.Fatalf("%d containers", len(p.Containers))
	}
	c := p.Containers[0]
	for what, ok := range map[string]bool{
		"runs as root":                p.SecurityContext.RunAsNonRoot && p.SecurityContext.RunAsUser > 0,
		"has no seccomp profile":      p.SecurityContext.SeccompProfile.Type == "RuntimeDefault",
		"gets a token of the cluster": p.Automount != nil && !*p.Automount,
		"may write to its root":       c.SecurityContext.ReadOnlyRootFilesystem,
		"may gain privileges":         c.SecurityContext.AllowPrivilegeEscalation != nil && !*c.SecurityContext.AllowPrivilegeEscalation,
		"keeps capabilities":          slices.Equal(c.SecurityContext.Capabilities.Drop, []string{"ALL"}),
		"asks for no memory":          c.Resources.Requests["memory"] != "" && c.Resources.Limits["memory"] != "",
		"asks for no processor":       c.Resources.Requests["cpu"] != "" && c.Resources.Limits["cpu"] != "",
	} {
		if !ok {
			t.Errorf("the container %s %s", c.Name, what)
		}
	}
}
