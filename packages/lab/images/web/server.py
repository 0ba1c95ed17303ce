"""An HTTP server that says its VERSION and ends as a careful one does: on TERM it goes on answering, tells its clients to
close, and is gone when the last connection is, or after GRACE seconds."""
import os
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = os.environ.get("VERSION", "0")
GRACE = float(os.environ.get("GRACE", "5"))
DELAY = float(os.environ.get("START_DELAY", "0"))
leaving = threading.Event()
open_connections = set()
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        with lock:
            open_connections.add(self)

    def finish(self):
        super().finish()
        with lock:
            open_connections.discard(self)

    def do_GET(self):
        if self.path == "/health" and os.environ.get("SICK"):
            self.send_error(500)
            return
        body = f"{VERSION} {os.environ.get('NAP_INDEX', '')} {os.environ.get('NAP_HOST', '')}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if leaving.is_set():
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def leave(server):
    leaving.wait()
    end = time.monotonic() + GRACE
    while time.monotonic() < end:
        time.sleep(0.05)
        with lock:
            if not open_connections:
                break
    server.shutdown()


if os.environ.get("CRASH"):
    raise SystemExit(1)
time.sleep(DELAY)
signal.signal(signal.SIGTERM, lambda *_: leaving.set())
server = Server(("", int(os.environ.get("PORT", "80"))), Handler)
server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
threading.Thread(target=leave, args=(server,), daemon=True).start()
server.serve_forever(poll_interval=0.05)
