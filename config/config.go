package config

import (
	_ "embed"
	"log/slog"
	"net"
	"net/mail"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
)

// File is what a member's configuration is called in its folder.
const File = "member.toml"

// Config is what a member's process needs to know.
type Config struct {
	Folder    string    `toml:"folder"`  // everything the member keeps, member.json too
	Network   string    `toml:"network"` // the network file; relative to Folder
	Services  Services  `toml:"services"`
	Peers     Peers     `toml:"peers"`
	Chain     Chain     `toml:"chain"`
	Admin     Admin     `toml:"admin"`
	Emergency Emergency `toml:"emergency"`
	Notices   Notices   `toml:"notices"`
	Log       Log       `toml:"log"`
}

// Services is the port that wallets and other members' vaults ask.
type Services struct {
	Listen      string `toml:"listen"`      // host:port
	TLS         string `toml:"tls"`         // TLSOwn, TLSFiles or TLSNone
	Certificate string `toml:"certificate"` // path of a PEM chain, with TLSFiles
	Key         string `toml:"key"`         // path of its PEM key, with TLSFiles
}

// Whose TLS key the services are served under.
const (
	TLSOwn   = "own"   // the member's own, which the network file pins
	TLSFiles = "files" // of a certificate that callers' systems trust
	TLSNone  = "none"  // plain http: on this machine only
)

// Peers is the port that other members' nodes reach.
type Peers struct {
	Listen string `toml:"listen"` // host:port
}

// Chain is how consensus is timed, and how much of it is kept.
type Chain struct {
	Profile string `toml:"profile"` // auto, lan or wan; the same at all members
	Keep    int64  `toml:"keep"`    // blocks below the newest that are kept; 0: all
}

// Admin is the port of probes and metrics.
type Admin struct {
	Listen string `toml:"listen"` // host:port on loopback; empty: none
}

// Emergency is how many charts may be opened in an emergency in a day, UTC, before the member
// warns; 0: any number.
type Emergency struct {
	AlarmUser     int `toml:"alarm_user"`     // by one practitioner
	AlarmFacility int `toml:"alarm_facility"` // by all of the member's people
}

// Notices is how people are told, outside the network, that something happened in their record.
type Notices struct {
	Webhooks bool   `toml:"webhooks"` // by https, to public addresses alone
	Relay    string `toml:"relay"`    // host:port of the mail server to send by; empty: no e-mail
	From     string `toml:"from"`     // the sender's address
	User     string `toml:"user"`     // at the relay; empty: none is named
	Password string `toml:"password"` // path of a file that holds the password
}

// Log is how the process logs to stderr.
type Log struct {
	Format string `toml:"format"` // text or json
	Level  string `toml:"level"`  // debug, info, warn or error
}

//go:embed example.toml
var example string

// Example returns a commented file with every key, which Read accepts.
func Example() string { return example }

// Default returns what holds where a file says nothing.
func Default() Config {
	return Config{
		Folder: ".", Network: "network.json", Services: Services{Listen: "127.0.0.1:7300", TLS: TLSNone},
		Peers: Peers{Listen: "127.0.0.1:7301"}, Chain: Chain{Profile: "auto", Keep: 100_000},
		Admin: Admin{Listen: "127.0.0.1:7302"}, Emergency: Emergency{AlarmUser: 5, AlarmFacility: 40}, Log: Log{Format: "text", Level: "info"},
	}
}

// Read reads a file and checks it. Relative paths become those of the file's
// folder. It fails with KindNotFound, and with KindInvalid naming file and line.
func Read(path string) (Config, error) {
	raw, err := regular.Read(path, 1<<20)
	if err != nil {
		return Config{}, regular.Unread("read configuration", "the configuration", path, err).
			WithHint("stele member init writes one; stele config example prints one")
	}
	c, err := parse(raw, path)
	if err != nil {
		return Config{}, err
	}
	c.settle(filepath.Dir(path))
	return c, c.Check()
}

// settle makes paths independent of where the process runs.
func (c *Config) settle(base string) {
	at := func(base, path string) string {
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(base, path)
	}
	c.Folder = at(base, c.Folder)
	c.Network = at(c.Folder, c.Network)
	c.Notices.Password = at(base, c.Notices.Password)
	c.Services.Certificate, c.Services.Key = at(base, c.Services.Certificate), at(base, c.Services.Key)
}

// Check fails with KindInvalid for values that can't work or would be unsafe.
func (c Config) Check() error {
	for _, key := range []struct{ name, value string }{
		{"folder", c.Folder}, {"network", c.Network}, {"services.certificate", c.Services.Certificate}, {"services.key", c.Services.Key},
		{"notices.password", c.Notices.Password},
	} {
		if strings.ContainsAny(key.value, "\r\n") || strings.Contains(key.value, "-----BEGIN") || len(key.value) > 1024 {
			return bad(key.name+" is no path", "a secret never stands in the configuration: name the file that holds it")
		}
	}
	if c.Folder == "" || c.Network == "" {
		return bad("folder and network are empty", "folder holds member.json; network is the network file in it")
	}
	if err := c.Services.check(); err != nil {
		return err
	}
	if err := hostPort("peers.listen", c.Peers.Listen); err != nil {
		return err
	}
	if c.Admin.Listen != "" {
		if err := hostPort("admin.listen", c.Admin.Listen); err != nil {
			return err
		}
		if !Loopback(c.Admin.Listen) {
			return bad("admin.listen is not on loopback", "probes and metrics are for this machine: 127.0.0.1:7302; let an agent beside it carry them on")
		}
	}
	if err := c.apart(); err != nil {
		return err
	}
	if err := c.Notices.check(); err != nil {
		return err
	}
	if !oneOf(c.Chain.Profile, "auto", "lan", "wan") {
		return bad("chain.profile is not auto, lan or wan", "all members of a network use the same one")
	}
	if c.Chain.Keep != 0 && c.Chain.Keep < 1000 {
		return bad("chain.keep is not 0 and less than 1000", "0 keeps all blocks; members that were away for a while ask for the newest ones")
	}
	if c.Emergency.AlarmUser < 0 || c.Emergency.AlarmFacility < 0 {
		return bad("emergency.alarm_user or alarm_facility is negative", "0 never warns")
	}
	if !oneOf(c.Log.Format, "text", "json") {
		return bad("log.format is not text or json", "")
	}
	if !oneOf(c.Log.Level, "debug", "info", "warn", "error") {
		return bad("log.level is not debug, info, warn or error", "")
	}
	return nil
}

// apart fails where two parts would listen at one address.
func (c Config) apart() error {
	at := map[string]string{}
	for _, key := range []struct{ name, listen string }{
		{"services.listen", c.Services.Listen}, {"peers.listen", c.Peers.Listen}, {"admin.listen", c.Admin.Listen},
	} {
		other, taken := at[key.listen]
		if taken && key.listen != "" && !strings.HasSuffix(key.listen, ":0") {
			return bad(other+" and "+key.name+" are one address", "each needs one of its own; on one machine the ports differ: 127.0.0.1:7300, 127.0.0.1:7301, 127.0.0.1:7302")
		}
		at[key.listen] = key.name
	}
	return nil
}

func (n Notices) check() error {
	if n.Relay == "" {
		if n.From != "" || n.User != "" || n.Password != "" {
			return bad("notices.from, user and password go with a relay", "name one: relay = \"smtp.example.org:587\"")
		}
		return nil
	}
	host, port, err := net.SplitHostPort(n.Relay)
	if number, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil || number == 0 || host == "" {
		return bad("notices.relay is not host:port", "such as smtp.example.org:587")
	}
	if a, err := mail.ParseAddress(n.From); err != nil || a.Address != n.From {
		return bad("notices.from is no e-mail address", "such as notices@example.org")
	}
	if (n.User == "") != (n.Password == "") {
		return bad("notices.user and password go together", "password is the path of a file")
	}
	return nil
}

func (s Services) check() error {
	if err := hostPort("services.listen", s.Listen); err != nil {
		return err
	}
	switch s.TLS {
	case TLSOwn:
	case TLSFiles:
		if s.Certificate == "" || s.Key == "" {
			return bad("services.tls is files, and certificate or key are not named", "name two PEM files")
		}
		return nil
	case TLSNone:
		if !Loopback(s.Listen) {
			return bad("services.listen leaves loopback without TLS", `set services.tls to "own" (or to "files" with certificate and key)`)
		}
	default:
		return bad("services.tls is not own, files or none", "stele config example says what each is")
	}
	if s.Certificate != "" || s.Key != "" {
		return bad(`services.certificate and key go with tls = "files"`, "")
	}
	return nil
}

// LogLevel returns the level as slog knows it.
func (l Log) LogLevel() (level slog.Level) {
	_ = level.UnmarshalText([]byte(l.Level)) // checked by Check; info otherwise
	return level
}

// Text returns the configuration as a file.
func (c Config) Text() (string, error) {
	raw, err := toml.Marshal(c)
	if err != nil {
		return "", stele.E("print configuration", stele.KindOther, "", err)
	}
	return string(raw), nil
}

// Loopback reports whether only this machine reaches a listen address.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

func hostPort(key, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' || r == '/' || r == '@' }) {
		return bad(key+" is not host:port", "for example 127.0.0.1:7300, or :7300 for every address of this machine")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 && !Loopback(address) {
		return bad(key+" has no port from 1 to 65535", "for example 127.0.0.1:7300")
	}
	return nil
}

func bad(text, hint string) error {
	return stele.E("check configuration", stele.KindInvalid, text, nil).WithHint(hint)
}

func oneOf(value string, of ...string) bool {
	for _, o := range of {
		if value == o {
			return true
		}
	}
	return false
}
