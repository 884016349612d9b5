package pace

import (
	"fmt"
	"os"
	"strconv"
)

var dbg = os.Getenv("DBG") != ""

func (l *learner) debug(now float64, e event, q float64, sure bool) {
	if dbg {
		fmt.Printf("   t=%.2f event at %.2f pause %.2f len %.2f acc %d q=%.1f sure=%v burst=%.1f -> mode %d speed %.1f hold %.0f win %d\n", now, e.at, e.pause, e.length, e.accepted, q, sure, l.burst, l.mode, l.speed, l.hold, l.window)
	}
}
func env(k string, d float64) float64 {
	if s := os.Getenv(k); s != "" {
		f, _ := strconv.ParseFloat(s, 64)
		return f
	}
	return d
}

var gain = env("GAIN", 2)
var firstFrac = env("FRAC", 1)
var slopeF = env("SLOPE", 0.02)
var accT = env("ACC", 2)
var probeX = env("PROBE", 0.03)
