"""A broker that is played: it gives the answers of a list, one for each request, and keeps the requests."""

import json
import os
import socket
import tempfile
import threading


class Broker:
    """answers: (status, document), or a function of the request that returns them."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.requests = []  # (method, path, body, If-None-Match)
        self.directory = tempfile.TemporaryDirectory(prefix="ghostkey-")
        self.path = os.path.join(self.directory.name, "s")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        self.directory.cleanup()

    def serve(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:  # it was shut down
                return
            with client, client.makefile("rb") as stream:
                while self.answer(client, stream):
                    pass

    def answer(self, client, stream):
        """One request; False at the end of the connection."""
        line = stream.readline()
        if not line:
            return False
        method, path, _ = line.decode().split()
        headers = {}
        while (header := stream.readline().decode().strip()):
            name, value = header.split(":", 1)
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        self.requests.append((method, path, json.loads(body) if body else None, headers.get("if-none-match")))
        status, document = self.answers.pop(0)
        text = json.dumps(document).encode()
        client.sendall(b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                       % (status, len(text), text))
        return True
