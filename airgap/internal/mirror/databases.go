package mirror

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
)

// The databases that services' tests need, with what people who start the public
// images count on: their variables, their users, and what runs at the first start.

// postgresScript makes the user with the public image's number before the packages
// make one, and no database: the entrypoint does, where it starts. What compiles
// queries is left out, as it weighs more than all the rest.
const postgresScript = `
groupadd --system --gid 999 postgres
useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql --shell /bin/bash postgres
echo 'en_US.UTF-8 UTF-8' > /etc/locale.gen
install locales gosu postgresql-common
sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
install postgresql-17
sed -i "s/^#*listen_addresses.*/listen_addresses = '*'/" /usr/share/postgresql/17/postgresql.conf.sample
rm -f /usr/lib/*/libLLVM* /usr/lib/*/libz3.* /usr/lib/llvm-*/lib/libLLVM* /usr/lib/postgresql/17/lib/llvmjit*
rm -rf /usr/lib/postgresql/17/lib/bitcode /usr/share/i18n/locales /usr/share/i18n/charmaps
mkdir -p /docker-entrypoint-initdb.d /var/lib/postgresql/data
chown postgres:postgres /var/lib/postgresql /var/lib/postgresql/data
chmod 1777 /var/lib/postgresql /var/lib/postgresql/data
`

// postgresEntrypoint makes the database where there is none yet, and runs the server
// as its user. Programs other than the server run as they are told.
const postgresEntrypoint = `#!/bin/bash
set -euo pipefail
case "${1-}" in -*) set -- postgres "$@" ;; esac
[ "${1-}" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
	mkdir -p "$PGDATA" /var/run/postgresql
	chown -R postgres:postgres "$PGDATA" /var/run/postgresql
	chmod 3777 /var/run/postgresql
	exec gosu postgres "$0" "$@"
fi

# A value may be in a file that NAME_FILE names.
value() {
	local file="$1_FILE"
	if [ -n "${!file-}" ]; then cat "${!file}"; else echo "${!1-}"; fi
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
	user=$(value POSTGRES_USER) password=$(value POSTGRES_PASSWORD) database=$(value POSTGRES_DB)
	user=${user:-postgres}
	database=${database:-$user}
	method=${POSTGRES_HOST_AUTH_METHOD-}
	if [ -z "$password" ] && [ "$method" != trust ]; then
		echo >&2 "Error: Database is uninitialized and superuser password is not specified. Set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust."
		exit 1
	fi
	mkdir -p "$PGDATA"
	chmod 700 "$PGDATA"
	arguments=(--pgdata="$PGDATA" --username="$user")
	[ -z "$password" ] || arguments+=(--pwfile=/dev/fd/3)
	eval "initdb \"\${arguments[@]}\" $(value POSTGRES_INITDB_ARGS)" 3<<< "$password"
	printf '\nhost all all all %s\n' "${method:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
	export PGUSER="$user" PGPASSWORD="$password" PGDATABASE="$database"
	pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses=''" --wait start
	[ "$database" = postgres ] || createdb --maintenance-db=postgres "$database"
	for file in /docker-entrypoint-initdb.d/*; do
		case "$file" in
		*.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
		*.sql) psql --no-psqlrc --set=ON_ERROR_STOP=1 --file="$file" ;;
		*.sql.gz) gunzip --stdout "$file" | psql --no-psqlrc --set=ON_ERROR_STOP=1 ;;
		esac
	done
	pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
	unset PGUSER PGPASSWORD PGDATABASE
	echo "PostgreSQL init process complete; ready for start up."
fi
exec "$@"
`

func (r recipes) postgres() image {
	packages := debian.Packages("postgres17-packages", r.trixie, r.machine, debian.Install{Script: postgresScript})
	return image{
		lock: "postgres:17", also: []string{"postgres:17-alpine"}, repository: "library/postgres", tag: versionOf("postgresql-17"),
		about: "Debian 13's PostgreSQL 17, with the variables and the first start of the public image, and without what compiles queries.",
		versions: map[string]func(map[string]string) string{
			"PG_VERSION": func(packages map[string]string) string { return packages["postgresql-17"] }, "GOSU_VERSION": releaseOf("gosu"),
		},
		stacks: []stack{{amd64, withEntrypoint("postgres17", packages, postgresEntrypoint)}},
		config: v1.Config{
			Env:          r.environmentOn(systemPath+":/usr/lib/postgresql/17/bin", "LANG=en_US.utf8", "PG_MAJOR=17", "PGDATA=/var/lib/postgresql/data"),
			Entrypoint:   []string{"docker-entrypoint.sh"},
			Cmd:          []string{"postgres"},
			ExposedPorts: map[string]struct{}{"5432/tcp": {}},
			Volumes:      map[string]struct{}{"/var/lib/postgresql/data": {}},
			StopSignal:   "SIGINT",
		},
	}
}

// redisScript makes the user with the public image's number.
const redisScript = `
groupadd --system --gid 999 redis
useradd --system --uid 999 --gid redis --home-dir /data --shell /bin/false redis
install gosu redis-server
ln -s redis-server /usr/bin/redis-sentinel
mkdir /data
chown redis:redis /data
`

// redisEntrypoint runs the server as its user. It answers everyone, as the public one,
// unless its arguments or a password say otherwise.
const redisEntrypoint = `#!/bin/sh
set -e
case "${1-}" in -* | *.conf) set -- redis-server "$@" ;; esac
if [ "$1" = redis-server ]; then
	case "$*" in *protected-mode*) ;; *) set -- "$@" --protected-mode no ;; esac
	if [ "$(id -u)" = 0 ]; then
		chown -R redis:redis .
		exec gosu redis "$@"
	fi
fi
exec "$@"
`

func (r recipes) redis() image {
	packages := debian.Packages("redis8-packages", r.trixie, r.machine, debian.Install{Script: redisScript})
	return image{
		lock: "redis:8", also: []string{"redis:8-alpine"}, repository: "library/redis", tag: versionOf("redis-server"),
		about:    "Debian 13's Redis 8, which answers everyone as the public image does.",
		versions: map[string]func(map[string]string) string{"REDIS_VERSION": releaseOf("redis-server")},
		stacks:   []stack{{amd64, withEntrypoint("redis8", packages, redisEntrypoint)}},
		config: v1.Config{
			Env:          r.environment(),
			Entrypoint:   []string{"docker-entrypoint.sh"},
			Cmd:          []string{"redis-server"},
			ExposedPorts: map[string]struct{}{"6379/tcp": {}},
			Volumes:      map[string]struct{}{"/data": {}},
			WorkingDir:   "/data",
		},
	}
}

// withEntrypoint is a layer with the script that an image starts.
func withEntrypoint(name string, below *debian.Layer, script string) *debian.Layer {
	return debian.Files(name, below, func(_ context.Context, site debian.Site) error {
		return site.Write("usr/local/bin/docker-entrypoint.sh", script, 0o755)
	}, script)
}
