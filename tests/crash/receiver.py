#!/usr/bin/env python3
"""Receives events by HTTP and writes each to a file before it answers. It fails now and then, as receivers do.

  receiver.py PORT FILE SEED

A line of the file: the event that was taken, as JSON.
"""
import http.server
import random
import sys
import threading
import time

REFUSED = 0.02  # Share of the events that are answered with 500.
SILENT = 0.005  # Share that is written and never answered: the sender cannot know.
SLOW = 0.002  # Share that takes long.


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        chance = self.server.random.random()
        if chance < REFUSED:
            return self._answer(500)
        if chance < REFUSED + SLOW:
            time.sleep(1)
        with self.server.lock:
            self.server.file.write(body.replace(b"\n", b" ") + b"\n")
            self.server.file.flush()
        if chance > 1 - SILENT:
            self.close_connection = True
            return None
        return self._answer(200)

    def _answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 128

    def handle_error(self, request, client_address):
        pass  # The sender was killed.


def main():
    port, path, seed = sys.argv[1:]
    server = Server(("127.0.0.1", int(port)), Receiver)
    server.random, server.lock = random.Random(seed), threading.Lock()
    with open(path, "ab") as server.file:
        server.file.write(b"\n")  # After what an earlier one may have been killed in the middle of.
        server.serve_forever()


if __name__ == "__main__":
    main()
