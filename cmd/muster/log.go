package main

import (
	"os/signal"
	"syscall"

	"github.com/google/uuid"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// console is what is said on standard error: notices for a person, a run's log, and
// the progress.
type console struct {
	stderr *screen     // everything goes through it, so that nothing garbles the bar
	log    *zap.Logger // nil before startLog
	json   bool        // the log is JSON, so notices go there too
}

// say tells a person something that is no error: as a line of the log where that is
// JSON.
func (c *console) say(message string, fields ...zap.Field) {
	if c.json {
		c.log.Info(message, fields...)
		return
	}
	_, _ = c.stderr.Write([]byte("muster: " + message + "\n"))
}

// startLog makes the log of a run. Every line is written: zap's usual sampling drops
// nine of ten lines that look alike, as those of a run do.
//
// The names of the fields are the same everywhere: run, row, upn, customer,
// request_id, correlation_id, attempt, wait (seconds), error.
//
// At a terminal only warnings are shown, since the bar and the summary tell the
// rest. Elsewhere, where the log is all that remains of the night, it also has
// the begin and the end of the run and each second try.
func (c *console) startLog(o *options) {
	terminal := isTerminal(c.stderr.out)
	c.json = o.logFormat == "json" || o.logFormat == "auto" && !terminal
	level := zapcore.InfoLevel
	if o.logLevel != "auto" {
		level, _ = zapcore.ParseLevel(o.logLevel) // the setting's own words
	} else if terminal {
		level = zapcore.WarnLevel
	}
	encoder := consoleEncoder()
	if c.json {
		encoder = jsonEncoder()
	}
	c.log = zap.New(zapcore.NewCore(encoder, zapcore.AddSync(c.stderr), level))
}

// logRun begins a run: it puts the run's id on every further line, except where a
// person reads them, who watches one run only. From here on a reader of standard
// error or output who goes away, such as `head`, is no reason to die.
func (p *program) logRun(id uuid.UUID) {
	if p.json {
		p.log = p.log.With(zap.Stringer("run", id))
	}
	p.run = id.String()
	signal.Ignore(syscall.SIGPIPE)
	p.running.Store(true)
}

func jsonEncoder() zapcore.Encoder {
	c := zap.NewProductionEncoderConfig()
	c.TimeKey, c.EncodeTime = "time", zapcore.RFC3339NanoTimeEncoder
	c.EncodeDuration = zapcore.SecondsDurationEncoder
	return zapcore.NewJSONEncoder(c)
}

func consoleEncoder() zapcore.Encoder {
	c := zap.NewDevelopmentEncoderConfig()
	c.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05")
	c.EncodeDuration = zapcore.StringDurationEncoder
	return zapcore.NewConsoleEncoder(c)
}
