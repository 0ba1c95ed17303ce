"""Resolves NAMES over and over, as any program would, and prints a line of JSON whenever the answer for one has changed."""
import json
import socket
import sys
import time

names = sys.argv[1:]
last = {}
while True:
    for name in names:
        try:
            found = sorted({info[4][0] for info in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})
        except OSError:
            found = []
        if last.get(name, []) != found:
            last[name] = found
            print(json.dumps({"atMs": time.time() * 1000, "name": name, "ips": found}), flush=True)
    time.sleep(0.1)
