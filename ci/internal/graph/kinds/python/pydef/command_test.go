package pydef_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCommand: what an image runs, where nothing but the project's own files say it.
func TestCommand(t *testing.T) {
	const project = "[project]\nname = 'shop'\nversion = '1'\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
		port  int
	}{
		"a setting":             {map[string]string{"main.py": "", "pyproject.toml": project + "[tool.pingvas-ci]\nentrypoint = ['x']\n"}, []string{"x"}, 0},
		"a Procfile":            {map[string]string{"Procfile": "release: x\nweb: gunicorn --bind :$PORT a:b\n", "requirements.txt": ""}, []string{"sh", "-c", "PORT=${PORT:-8000}; export PORT; exec gunicorn --bind :$PORT a:b"}, 8000},
		"a script of its name":  {map[string]string{"pyproject.toml": project + "[project.scripts]\nother = 'a:b'\nshop = 'a:b'\n[build-system]\nbuild-backend = 'x'\n"}, []string{"shop"}, 0},
		"FastAPI and uvicorn":   {map[string]string{"app/main.py": "app = FastAPI(title='x')\n", "pyproject.toml": project + "dependencies = ['fastapi', 'uvicorn[standard]>=1']\n"}, []string{"uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"}, 8000},
		"modules below src":     {map[string]string{"src/main.py": "from shop import x\napp = FastAPI()\n", "requirements.txt": "fastapi\nuvicorn\n"}, []string{"uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"}, 8000},
		"modules of src":        {map[string]string{"src/main.py": "from src.shop import x\napp = FastAPI()\n", "requirements.txt": "fastapi\nuvicorn\n"}, []string{"uvicorn", "src.main:app", "--host", "0.0.0.0", "--port", "8000"}, 8000},
		"Django's settings":     {map[string]string{"manage.py": "", "site/settings/base.py": "WSGI_APPLICATION = 'site.wsgi.application'\n", "requirements.txt": "django\ngunicorn\n"}, []string{"gunicorn", "--bind", "0.0.0.0:8000", "site.wsgi:application"}, 8000},
		"Flask and gunicorn":    {map[string]string{"main.py": "server = Flask(__name__)\n", "requirements.txt": "Flask\ngunicorn==23\n"}, []string{"gunicorn", "--bind", "0.0.0.0:8000", "main:server"}, 8000},
		"Flask alone":           {map[string]string{"main.py": "app = Flask(__name__)\n", "requirements.txt": "Flask\n"}, []string{"python", "main.py"}, 0},
		"Django and gunicorn":   {map[string]string{"manage.py": "", "site/settings.py": "WSGI_APPLICATION = 'site.wsgi.application'\n", "requirements.txt": "django\ngunicorn\n"}, []string{"gunicorn", "--bind", "0.0.0.0:8000", "site.wsgi:application"}, 8000},
		"a package that runs":   {map[string]string{"src/shop/__main__.py": "", "requirements.txt": ""}, []string{"python", "-m", "shop"}, 0},
		"what measures it":      {map[string]string{"bench/__main__.py": "", "shop/__init__.py": "", "requirements.txt": ""}, nil, 0},
		"two that would":        {map[string]string{"a/__main__.py": "", "b/__main__.py": "", "requirements.txt": ""}, nil, 0},
		"a Dockerfile says it":  {map[string]string{"main.py": "", "requirements.txt": "", "Dockerfile": "FROM scratch\n"}, nil, 0},
		"nothing that shows it": {map[string]string{"shop.py": "", "requirements.txt": ""}, nil, 0},
	} {
		files := map[string]string{}
		for file, text := range test.files {
			files["services/shop/"+file] = text
		}
		found, err := discover(files)
		require.NoError(t, err, name)
		require.Len(t, found, 1, name)
		assert.Equal(t, test.want, found[0].Settings.Entrypoint, name)
		assert.Equal(t, test.port, found[0].Settings.Port, name)
	}
}

// TestNeeds: packages of Debian's that some of the index's are of no use without.
func TestNeeds(t *testing.T) {
	found, err := discover(map[string]string{
		"services/a/requirements.txt": "psycopg2==2.9\npdf2image\n",
		"services/b/requirements.txt": "psycopg[binary]\npsycopg-binary\n",
		"services/c/requirements.txt": "pdf2image\n", "services/c/pyproject.toml": "[tool.pingvas-ci]\nsystem-packages = ['mine']\n",
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"libpq5", "poppler-utils"}, found[0].Settings.SystemPackages)
	assert.Equal(t, []string{"gcc", "libc6-dev", "libpq-dev"}, found[0].Settings.BuildPackages)
	assert.Contains(t, found[0].Summary(), "system-packages: libpq5 poppler-utils (for pdf2image, psycopg2)")
	assert.Empty(t, found[1].Settings.SystemPackages)
	assert.Equal(t, []string{"mine"}, found[2].Settings.SystemPackages)
}
