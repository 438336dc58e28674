package compose_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/compose"
)

func repository(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{"services/api/pyproject.toml": {}}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// TestServices reads a file in the forms that people write.
func TestServices(t *testing.T) {
	fsys := repository(map[string]string{
		"compose.yaml": `
x-common: &common
  restart: always
services:
  db:
    <<: *common
    image: postgres:${PG_VERSION:-17}
    container_name: database
    environment:
      POSTGRES_USER: ${DB_USER}
      POSTGRES_PASSWORD: "pa$$word"
      PORT: 5432
      GIVEN:
    env_file: [{path: db.env}, {path: none.env, required: false}]
    ports: ["127.0.0.1:${PORT:-5433}:5432/tcp", "9000-9001", 514:514/udp]
    volumes:
      - data:/var/lib/postgresql/data
      - ./init:/docker-entrypoint-initdb.d:ro
      - {type: bind, source: my.cnf, target: /etc/my.cnf}
      - ./left-behind:/backup
    tmpfs: /run/scratch
    healthcheck: {test: "pg_isready -U $${POSTGRES_USER}", interval: 5s, retries: 20, timeout: 3s, start_period: 10s}
    deploy: {replicas: 1}
    shm_size: 1g
    networks: {default: {aliases: [pg]}}
  cache:
    image: redis:8
    command: redis-server --requirepass "a b"
    entrypoint: ["docker-entrypoint.sh"]
    environment: [ONE=1, GIVEN, NOBODY]
    user: "999"
    working_dir: /data
    healthcheck: {test: ["CMD", "redis-cli", "ping"]}
    depends_on: {db: {condition: service_healthy}}
  broken: {build: .}
`,
		"compose.override.yaml": "services: {db: {environment: [EXTRA=yes], expose: [5434]}}",
		".env":                  "DB_USER=fromfile\nOTHER=\"a # b\"\n",
		"db.env":                "POSTGRES_USER=loses\nFROM_FILE=${DB_USER}\n",
		"init/one.sql":          "", "my.cnf": "",
	})
	found, err := compose.Services(fsys, "services/api", []string{"cache"}, map[string]string{"GIVEN": "given", "OTHER": "wins"})
	require.NoError(t, err)
	require.Len(t, found, 2)
	assert.Equal(t, compose.Service{
		Name: "db", Image: "postgres:17", Aliases: []string{"database", "pg"},
		Environment: map[string]string{
			"POSTGRES_USER": "fromfile", "POSTGRES_PASSWORD": "pa$word", "PORT": "5432", "GIVEN": "given", "FROM_FILE": "fromfile", "EXTRA": "yes",
		},
		Ports: []int{5432, 9000, 9001, 5434}, Tmpfs: []string{"/run/scratch"},
		Mounts: []compose.Mount{{Source: "init", Target: "/docker-entrypoint-initdb.d", Directory: true}, {Source: "my.cnf", Target: "/etc/my.cnf"}},
		Health: compose.Health{
			Test: []string{"pg_isready -U ${POSTGRES_USER}"}, Shell: true, Interval: 5 * time.Second, Timeout: 3 * time.Second, Start: 10 * time.Second, Retries: 20,
		},
		Said:  []string{"shm_size has no effect", "the repository has no left-behind, so /backup is empty"},
		Files: []string{"compose.yaml", "compose.override.yaml", ".env", "db.env"},
	}, found[0])
	assert.Equal(t, 110*time.Second, found[0].Health.Patience())
	assert.Equal(t, compose.Service{
		Name: "cache", Image: "redis:8", Environment: map[string]string{"ONE": "1", "GIVEN": "given"}, User: "999", Directory: "/data",
		Entrypoint: []string{"docker-entrypoint.sh"}, Command: []string{"redis-server", "--requirepass", "a b"},
		Health: compose.Health{Test: []string{"redis-cli", "ping"}}, Needs: []string{"db"}, Files: found[0].Files[:3],
	}, found[1])
}

// TestNearest: a component's own file is taken before one above it.
func TestNearest(t *testing.T) {
	fsys := repository(map[string]string{
		"docker-compose.yml":      "services: {db: {image: above}}",
		"services/compose.yml":    "services: {db: {image: near}}",
		"services/api/compose.md": "",
	})
	found, err := compose.Services(fsys, "services/api", []string{"db"}, nil)
	require.NoError(t, err)
	assert.Equal(t, "near", found[0].Image)
	assert.Equal(t, time.Minute+30*time.Second, found[0].Health.Patience())
}

// TestRefusals: each says where, what, and what to do.
func TestRefusals(t *testing.T) {
	for service, want := range map[string]string{
		"{build: .}":                             "compose.yaml: service db: build: it is built, and tests take images. Name an image that has it",
		"{}":                                     "compose.yaml: service db has no image. Name one",
		"{image: a, privileged: true}":           "compose.yaml: service db: privileged: tests cannot have that",
		"{image: a, imagee: b}":                  "imagee: tests cannot have that",
		"{image: [a]}":                           "image: [a] is no text",
		"{image: '${A:?say which}'}":             `say which. Give its value in environment, or in a file that env-file names`,
		"{image: '${'}":                          "Invalid template",
		"{image: a, ports: [many]}":              `ports: "many" is no port. Write one such as 5432`,
		"{image: a, ports: [1-60000]}":           "is no port",
		"{image: a, command: \"echo 'a\"}":       "Close the quote",
		"{image: a, environment: 3}":             "environment: 3 is neither a table nor a list",
		"{image: a, env_file: none.env}":         "none.env is not there on a clean clone. Commit it, or write {path: none.env, required: false}",
		"{image: a, env_file: ../none.env}":      "is no file of the repository",
		"{image: a, volumes: [/var/run:/run]}":   "volumes: /var/run is of a person's machine",
		"{image: a, healthcheck: {test: [ls]}}":  `test: ["ls"] is none. Write ["CMD"`,
		"{image: a, healthcheck: {interval: 5}}": `interval: "5" is no time`,
		"{image: a, healthcheck: {retries: no}}": "retries:",
		"{image: a, healthcheck: yes}":           "is no table",
		"{image: a, depends_on: [db]}":           "service db needs itself",
		"{image: a, depends_on: [other]}":        `no service called "other". Name one of: db`,
		"{image: a, depends_on: {m: {condition: service_completed_successfully}}}": "it waits for m to end",
	} {
		_, err := compose.Services(repository(map[string]string{"compose.yaml": "services: {db: " + service + "}"}), "services/api", []string{"db"}, nil)
		assert.ErrorContains(t, err, want, service)
	}
	_, err := compose.Services(repository(nil), "services/api", []string{"db"}, nil)
	assert.ErrorContains(t, err, "there is no compose.yaml in services/api or above")
	_, err = compose.Services(repository(map[string]string{"compose.yaml": "services: [a"}), "services/api", []string{"db"}, nil)
	assert.ErrorContains(t, err, "compose.yaml: yaml: ")
}

// TestUnset: what nobody gave is said once, and stands for nothing, as compose has it.
func TestUnset(t *testing.T) {
	fsys := repository(map[string]string{"compose.yaml": "services: {db: {image: 'a:${TAG}$$NOT', user: '$TAG', working_dir: '${D:-}'}}"})
	found, err := compose.Services(fsys, "services/api", []string{"db"}, nil)
	require.NoError(t, err)
	assert.Equal(t, "a:$NOT", found[0].Image)
	assert.Equal(t, []string{"the variable TAG has no value, and stands for nothing"}, found[0].Said)
}

func FuzzServices(f *testing.F) {
	f.Add("services: {db: {image: 'a:${A:-${B}}', ports: [1-2], healthcheck: {test: [CMD, a]}}}", "A=b\n")
	f.Add("services: {db: {image: a, environment: [A=b], volumes: [./a:/b], depends_on: {db: {}}}}", "export A='b'\n")
	f.Fuzz(func(t *testing.T, file, env string) {
		_, _ = compose.Services(repository(map[string]string{"compose.yaml": file, ".env": env}), "services/api", []string{"db"}, nil)
	})
}

// TestLocalPort: the machine's port of a service's, in all forms; a range that has too few is
// no port of it.
func TestLocalPort(t *testing.T) {
	for said, want := range map[string]string{"5432": "5432", "5433:5432": "5433", "127.0.0.1:5433:5432/tcp": "5433", "6000-6002:5431-5433": "6001", "65535:5431-5432": "5432", "8080:80": "5432"} {
		assert.Equal(t, want, compose.LocalPort([]any{said}, "5432"), said)
	}
}
