import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from plain.greeting import compiled, greeting


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{greeting('<you>')} uid={os.getuid()} compiled={compiled()}"
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
        self.wfile.write(body.encode())


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
