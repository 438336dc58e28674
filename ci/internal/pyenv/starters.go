package pyenv

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/compose"
	"github.com/pingvas/pingvas-ci/ci/internal/shell"
)

// starter is an action of others that starts a server beside the steps after it, as far as
// its inputs say of it what an image's variables do.
type starter struct {
	image string
	// named is the input that has another image's name, and version the one that has its
	// version.
	named, version string
	// at is the input that has the port of the runner's machine, and port the server's own.
	at   string
	port int
	// variables are those of the image, by inputs and what they are without; always are
	// those that no input says.
	variables map[string][2]string
	always    map[string]string
	// command is what the server is started with where an input has a value.
	command map[string]string
	// unlike are inputs that make another server of it than its image is, and unless is the
	// one that has it start none.
	unlike []string
	unless string
}

// starters are those that are known, by what a step uses.
var starters = map[string]starter{
	"supercharge/redis-github-action": {image: "redis", named: "redis-image", version: "redis-version", at: "redis-port", port: 6379, command: map[string]string{"redis-password": "redis-server --requirepass"}, unlike: []string{"docker-network"}},
	"shogo82148/actions-setup-redis":  {image: "redis", version: "redis-version", named: "distribution", at: "redis-port", port: 6379, unlike: []string{"redis-conf", "redis-tls-port"}, unless: "auto-start"},
	"supercharge/mongodb-github-action": {image: "mongo", named: "mongodb-image", version: "mongodb-version", at: "mongodb-port", port: 27017,
		variables: map[string][2]string{"MONGO_INITDB_DATABASE": {"mongodb-db"}, "MONGO_INITDB_ROOT_USERNAME": {"mongodb-username"}, "MONGO_INITDB_ROOT_PASSWORD": {"mongodb-password"}}, unlike: []string{"mongodb-replica-set", "mongodb-key", "docker-network"}},
	"ikalnytskyi/action-setup-postgres": {image: "postgres", version: "postgres-version", at: "port", port: 5432,
		variables: map[string][2]string{"POSTGRES_USER": {"username", "postgres"}, "POSTGRES_PASSWORD": {"password", "postgres"}, "POSTGRES_DB": {"database", "postgres"}}, unlike: []string{"ssl"}},
	"harmon758/postgresql-action": {image: "postgres", version: "postgresql version", port: 5432,
		variables: map[string][2]string{"POSTGRES_USER": {"postgresql user"}, "POSTGRES_PASSWORD": {"postgresql password"}, "POSTGRES_DB": {"postgresql db"}}},
	"mirromutth/mysql-action": {image: "mysql", version: "mysql version", at: "host port", port: 3306,
		variables: map[string][2]string{"MYSQL_ROOT_PASSWORD": {"mysql root password"}, "MYSQL_DATABASE": {"mysql database"}, "MYSQL_USER": {"mysql user"}, "MYSQL_PASSWORD": {"mysql password"}},
		always:    map[string]string{"MYSQL_ALLOW_EMPTY_PASSWORD": "1"}, unlike: []string{"container port", "character set server", "collation server"}},
	"shogo82148/actions-setup-mysql": {image: "mysql", named: "distribution", version: "mysql-version", port: 3306,
		variables: map[string][2]string{"MYSQL_ROOT_PASSWORD": {"root-password"}, "MYSQL_USER": {"user"}, "MYSQL_PASSWORD": {"password"}}, always: map[string]string{"MYSQL_ALLOW_EMPTY_PASSWORD": "1"}, unlike: []string{"my-cnf"}, unless: "auto-start"},
}

// servers are what actions are called that start one.
var servers = regexp.MustCompile(`(?i)(?:^|[/_-])(redis|valkey|postgres(?:ql)?|mysql|mariadb|mongo(?:db)?|rabbitmq|elasticsearch|opensearch|dynamodb|localstack|minio|kafka|memcached)(?:[/_-]|$)`)

// clients are what actions are called that start none.
var clients = regexp.MustCompile(`(?i)client|cli\b|tools|cache|backup|dump|lint|deploy|migrat|/install-postgres(?:ql)?$|\bwait-|health-?check`)

// byAction is the server that a step of a workflow starts by an action of others, in the
// form of a job's services, and its name. Matrix is the job's.
func byAction(step, matrix map[string]any) (name string, service map[string]any, is bool) {
	uses, _, _ := strings.Cut(plain(step["uses"]), "@")
	if uses == "" || strings.HasPrefix(uses, ".") || step["if"] != nil {
		return "", nil, false
	}
	known, is := starters[strings.ToLower(uses)]
	if !is {
		m := servers.FindStringSubmatch(uses)
		if m == nil || clients.MatchString(uses) {
			return "", nil, false
		}
		return "of-action-" + strings.ToLower(m[1]), unknownImage("$(" + uses + ")"), true
	}
	with := table(step["with"])
	input := func(name string) string {
		if value := with[name]; name != "" && value != nil {
			return celled(fmt.Sprint(value), matrix)
		}
		return ""
	}
	if input(known.unless) == "false" {
		return "", nil, false
	}
	image := cmp.Or(input(known.named), known.image)
	if at := slices.IndexFunc(known.unlike, func(name string) bool { said := input(name); return said != "" && said != "false" && said != "0" }); at >= 0 {
		return path.Base(image), map[string]any{"unlike": uses + " starts it with " + known.unlike[at]}, true
	}
	if image == "valkey" { // It is called so by actions, and in no registry.
		image = "valkey/valkey"
	}
	// What an action takes for a line of releases, a tag has without its ending.
	service = map[string]any{"image": image + ":" + cmp.Or(strings.TrimSuffix(input(known.version), ".x"), "latest")}
	service["ports"] = []any{fmt.Sprintf("%s:%d", cmp.Or(input(known.at), fmt.Sprint(known.port)), known.port)}
	env := map[string]any{}
	for variable, value := range known.always {
		env[variable] = value
	}
	for variable, of := range known.variables {
		if value := cmp.Or(input(of[0]), of[1]); value != "" {
			env[variable] = value
		}
	}
	if len(env) > 0 {
		service["env"] = env
	}
	for name, command := range known.command {
		if value := input(name); value != "" {
			service["command"] = command + " " + shell.Quoted(value)
		}
	}
	return path.Base(image), service, true
}

// composers are actions of others that start services of a compose file.
var composers = regexp.MustCompile(`(?i)^(?:hoverkraft-tech|isbang)/compose-action@`)

// composedByAction are the services of a compose file that a step starts by an action.
func (s script) composedByAction(step map[string]any) (up compose.Up, is bool) {
	if !composers.MatchString(plain(step["uses"])) {
		return up, false
	}
	with := table(step["with"])
	up.Dir = "."
	for _, file := range strings.Fields(plain(with["compose-file"])) {
		up.Files = append(up.Files, path.Clean(file))
	}
	up.Names = strings.Fields(plain(with["services"]))
	return up, true
}
