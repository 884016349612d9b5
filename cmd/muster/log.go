package main

import (
	"io"
	"os"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/term"
)

// logger writes to standard error, every line: zap's usual sampling drops nine of
// ten lines that look alike, which a run's lines do.
func (p *program) logger() (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(p.options.logLevel)
	if err != nil {
		return nil, usage("--log-level %q is none of debug, info, warn, error", p.options.logLevel)
	}
	format := p.options.logFormat
	if format == "auto" {
		format = "json"
		if isTerminal(p.stderr) {
			format = "console"
		}
	}
	var encoder zapcore.Encoder
	switch format {
	case "json":
		c := zap.NewProductionEncoderConfig()
		c.TimeKey, c.EncodeTime = "time", zapcore.RFC3339NanoTimeEncoder
		c.EncodeDuration = zapcore.SecondsDurationEncoder
		encoder = zapcore.NewJSONEncoder(c)
	case "console":
		c := zap.NewDevelopmentEncoderConfig()
		c.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05")
		c.EncodeDuration = zapcore.StringDurationEncoder
		encoder = zapcore.NewConsoleEncoder(c)
	default:
		return nil, usage("--log-format %q is none of auto, json, console", p.options.logFormat)
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(p.stderr)), level)), nil
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
