package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// compose is what people start beside their services by hand.
const compose = `
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: ${DB_USER:-shop}
      POSTGRES_PASSWORD: ${DB_PASSWORD}
    volumes:
      - data:/var/lib/postgresql/data
      - ./init.sql:/docker-entrypoint-initdb.d/init.sql:ro
    ports: ["127.0.0.1:5433:5432"]
    healthcheck:
      test: ["CMD-SHELL", "pg_isready --username $${POSTGRES_USER}"]
      interval: 5s
      retries: 12
    restart: always
  redis:
    image: redis:8
    command: redis-server --requirepass sesame
    ports: [6379]
  deaf:
    image: redis:8
    healthcheck: {test: [CMD, redis-cli, -p, "1", ping], interval: 1s, retries: 1}
  ended:
    image: postgres:17
  web:
    build: .
volumes:
  data: {}
`

// onServices are two applications with a database, as their frameworks' guides have
// them, and two containers whose services never are ready.
var onServices = map[string]string{
	"compose.yaml":    compose,
	".python-version": "3.13\n",
	".env.test":       "DB_PASSWORD='open sesame'\nDB_HOST=db\n",
	"init.sql":        "CREATE EXTENSION pg_trgm;\n",

	"services/site/requirements.txt": "django==5.2.8\npsycopg[binary]==3.2.13\nredis==7.1.0\npytest==9.2.0\npytest-django==4.11.1\n",
	"services/site/pyproject.toml": "[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = \"mysite.settings\"\n\n[tool.pingvas-ci]\nentrypoint = [\"python\"]\n" +
		"test-services = [\"db\", \"redis\"]\nenv-file = [\"../../.env.test\"]\n",
	"services/site/mysite/__init__.py": "",
	"services/site/mysite/settings.py": `import os

SECRET_KEY = "not one"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "USER": "shop", "PASSWORD": os.environ["DB_PASSWORD"], "HOST": os.environ["DB_HOST"]}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://:sesame@redis:6379/0"}}
`,
	"services/site/tests/test_site.py": `import pytest
from django.contrib.auth.models import User
from django.core.cache import cache


@pytest.mark.django_db
def test_database():
    User.objects.create(username="a")
    cache.set("users", User.objects.count())
    assert cache.get("users") == 1
`,

	"services/api/requirements.txt": "fastapi==0.135.1\nhttpx==0.28.1\nsqlalchemy==2.0.44\nalembic==1.17.1\npsycopg[binary]==3.2.13\npytest==9.2.0\n",
	"services/api/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = [\".\"]\n\n[tool.pingvas-ci]\nentrypoint = [\"python\"]\ntest-services = [\"db\"]\nenv-file = [\"../../.env.test\"]\n\n" +
		"[tool.pingvas-ci.gates]\ntest = [\"alembic upgrade head\", \"pytest\"]\n",
	"services/api/alembic.ini": "[alembic]\nscript_location = migrations\n",
	"services/api/migrations/env.py": `from alembic import context

from app import engine

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
`,
	"services/api/migrations/versions/0001_items.py": `import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.create_table("items", sa.Column("name", sa.String, primary_key=True))
`,
	"services/api/app.py": `import os

from fastapi import FastAPI
from sqlalchemy import URL, create_engine, text

engine = create_engine(URL.create("postgresql+psycopg", "shop", os.environ["DB_PASSWORD"], os.environ["DB_HOST"], 5432, "shop"))
app = FastAPI()


@app.post("/items/{name}")
def create(name: str) -> int:
    with engine.begin() as connection:
        connection.execute(text("insert into items values (:name)"), {"name": name})
        return connection.execute(text("select count(*) from items where name % :name"), {"name": name}).scalar_one()
`,
	"services/api/tests/test_items.py": `from fastapi.testclient import TestClient

from app import app


def test_items():
    assert TestClient(app).post("/items/one").json() == 1
`,

	"services/jobs/requirements.txt": "psycopg[binary]==3.2.13\nredis==7.1.0\npytest==9.2.0\n",
	"services/jobs/pyproject.toml":   "[tool.pytest.ini_options]\n\n[tool.pingvas-ci]\nentrypoint = [\"python\"]\n",
	"services/jobs/tests/test_jobs.py": `import os

import psycopg
import redis


def test_both():
    assert redis.Redis(host="127.0.0.1", port=6380).incr("jobs") == 1
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.execute("select count(*) from pg_roles where rolname = 'jobs'").fetchone() == (1,)
`,
	".github/workflows/jobs.yml": `jobs:
  test:
    runs-on: ubuntu-latest
    services:
      db:
        image: postgres:17
        env: {POSTGRES_USER: jobs, POSTGRES_PASSWORD: sesame}
        ports: ["5432:5432"]
        options: --health-cmd "pg_isready --username jobs" --health-interval 5s
      redis: {image: "redis:7-nowhere", ports: ["6380:6379"]}
      mail: {image: registry.example/mail:1, ports: ["1025:1025"]}
      other: {image: postgres:17, ports: ["5439:5439"]}
    env: {DATABASE_URL: "postgresql://jobs:sesame@localhost:5432/jobs"}
    steps:
      - run: pytest
        working-directory: services/jobs
`,

	"services/deaf/Dockerfile":      "FROM python:3.13-slim\n",
	"services/deaf/pingvas-ci.toml": "test-services = [\"deaf\"]\ngates = {test = [\"true\"], lint = {none = \"nothing\"}}\n",

	"services/ended/Dockerfile":      "FROM python:3.13-slim\n",
	"services/ended/pingvas-ci.toml": "test-services = [\"ended\"]\ngates = {test = [\"true\"], lint = {none = \"nothing\"}}\n",

	"services/built/Dockerfile":      "FROM python:3.13-slim\n",
	"services/built/pingvas-ci.toml": "test-services = [\"web\"]\ngates = {test = [\"true\"], lint = {none = \"nothing\"}}\n",
}

// TestServices: tests reach the services of the compose file that they name, and those that
// their pipeline has beside them; one that never is ready is one clear error, with what it
// printed.
func TestServices(t *testing.T) {
	t.Parallel()
	r := harness.NewRepository(t, onServices)
	r.Append("services/jobs/tests/test_jobs.py", "\n\n# "+time.Now().String()+"\n") // What an engine has done, it says no more.
	calls := [][]string{
		words("service --name site test"), words("service --name site inputs glob --pattern *"), words("service --name jobs test"),
	}
	if !testing.Short() {
		calls = append(calls, words("container --name ended check"), words("container --name built check"), words("service --name api test"), words("container --name deaf check"))
	}
	came := r.Batch(t, calls...)
	t.Run("Django with PostgreSQL and Redis", func(t *testing.T) { came[0].Must(t) })
	t.Run("what the services are read from is of the component", func(t *testing.T) {
		inputs := came[1].Must(t)
		for _, file := range []string{"compose.yaml", ".env.test", "init.sql"} {
			assert.Contains(t, inputs, file)
		}
	})
	t.Run("those of a workflow's job, where its steps find them", func(t *testing.T) {
		came[2].Must(t)
		assert.Contains(t, came[2].Output, "· jobs: the tests run without the service mail, which .github/workflows/jobs.yml has beside them: its image cannot be pulled (")
		assert.Regexp(t, `· jobs: the tests run beside redis:8\S* in place of redis:7-nowhere, which \.github/workflows/jobs\.yml has beside them: that cannot be pulled`, came[2].Output)
		assert.Contains(t, came[2].Output, "· jobs: the tests run without the service other, which .github/workflows/jobs.yml has beside them: it is not ready (")
	})
	if testing.Short() {
		return
	}
	t.Run("one that ends", func(t *testing.T) {
		came[3].Refused(t, "ended test: the service ended of the tests (", "ended before it was ready. Correct it in compose.yaml", "superuser password is not specified")
	})
	t.Run("one that is built", func(t *testing.T) {
		came[4].Refused(t, "compose.yaml: service web: build: it is built, and tests take images")
	})
	t.Run("FastAPI with Alembic, in a database that each run has of its own", func(t *testing.T) { came[5].Must(t) })
	t.Run("one that never is ready", func(t *testing.T) {
		came[6].Refused(t, "deaf test: the service deaf of the tests (", "is not ready after 30s: its healthcheck fails (redis-cli -p 1 ping)", "Ready to accept connections")
	})
}
