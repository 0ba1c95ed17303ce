"""Asks http://HOST/ for SECONDS (or until TERM) with fresh connections and with ones that are kept, and prints what came of it
as one line of JSON. Names are resolved for each connection, as programs do."""
import http.client
import json
import signal
import sys
import threading
import time

host, seconds = sys.argv[1], float(sys.argv[2])
PAUSE = 0.02
end = time.monotonic() + seconds
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
result = {"ok": 0, "failed": [], "versions": {}}
lock = threading.Lock()


def ask(connection):
    connection.request("GET", "/")
    response = connection.getresponse()
    version = response.read().decode().split(" ")[0]
    if response.status != 200:
        raise http.client.HTTPException(f"status {response.status}")
    with lock:
        result["ok"] += 1
        result["versions"][version] = result["versions"].get(version, 0) + 1
    return response.will_close


def loop(kept):
    connection = None
    while time.monotonic() < end and not stop.is_set():
        try:
            connection = connection or http.client.HTTPConnection(host, timeout=5)
            if ask(connection) or not kept:
                connection.close()
                connection = None
        except Exception as err:
            with lock:
                result["failed"].append(f"{'kept' if kept else 'fresh'}: {err!r} at {time.time():.3f}")
            connection = None
        stop.wait(PAUSE)


threads = [threading.Thread(target=loop, args=(kept,)) for kept in (False, True)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(result))
