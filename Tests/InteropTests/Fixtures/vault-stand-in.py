#!/usr/bin/python3
"""A stand-in for Vault: the part of its HTTP API that vault-bootstrap uses, with Vault's answers and its strictness.

vault-stand-in.py DIRECTORY         serves https on a free loopback port until it is killed
vault-stand-in.py server -config=…  where a machine's vault.service expects Vault: its port, certificate and storage

DIRECTORY/tls.crt, tls.key     what it serves with (given)
DIRECTORY/storage/vault.json   what real Vault would keep; an initialised store opens with its own shares only
DIRECTORY/port                 written when it listens
DIRECTORY/calls                one line per change: what a second run must not add to
DIRECTORY/hang-unseal          while it exists, unsealing is not answered; hanging is written when that happens
DIRECTORY/lose-init            while it exists, the answer to an initialisation is lost
"""

import base64
import hashlib
import http.server
import json
import os
import re
import secrets
import signal
import socket
import ssl
import sys
import time

IS_SERVICE = sys.argv[1] == "server"
DIRECTORY = "/var/lib/vault" if IS_SERVICE else sys.argv[1]
TLS = "/etc/vault.d/tls/vault" if IS_SERVICE else os.path.join(DIRECTORY, "tls")
STORE = os.path.join(DIRECTORY, "storage", "vault.json")


def at(name):
    return os.path.join(DIRECTORY, name)


class Store:
    def __init__(self):
        self.entered = []
        self.sealed = True
        self.data = dict(initialized=False)
        if os.path.exists(STORE):
            with open(STORE) as file:
                self.data = json.load(file)

    def save(self):
        with open(STORE, "w") as file:
            json.dump(self.data, file)


class Refusal(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Handler(http.server.BaseHTTPRequestHandler):
    store = Store()

    def do_GET(self):
        self.handle_call("GET")

    def do_LIST(self):
        self.handle_call("LIST")

    def do_PUT(self):
        self.handle_call("PUT")

    def do_POST(self):
        self.handle_call("POST")

    def log_message(self, *_):
        pass

    def handle_call(self, method):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        try:
            answer = self.answer(method, self.path.removeprefix("/v1/"), body)
        except Refusal as refusal:
            self.reply(refusal.code, dict(errors=[str(refusal)] if str(refusal) else []))
            return
        if answer == "lost":
            self.close_connection = True
            return
        self.reply(204 if answer is None else 200, answer)

    def reply(self, code, answer):
        data = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def note(self, text):
        with open(at("calls"), "a") as file:
            file.write(text + "\n")

    def answer(self, method, path, body):
        store, data = self.store, self.store.data
        if (method, path) == ("GET", "sys/seal-status"):
            return self.seal_status()
        if (method, path) == ("PUT", "sys/init"):
            return self.initialise(body)
        if (method, path) == ("PUT", "sys/unseal"):
            return self.unseal(body)
        if store.sealed:
            raise Refusal(503, "Vault is sealed")
        if method == "GET" and path.endswith("/cert/ca"):
            return self.certificate(path.split("/")[0])
        if self.headers.get("X-Vault-Token") != data["root_token"]:
            raise Refusal(403, "permission denied")
        if (method, path) == ("PUT", "sys/seal"):
            store.sealed = True
            return None
        if (method, path) == ("GET", "sys/mounts"):
            return dict(data=data["mounts"])
        if (method, path) == ("GET", "sys/audit"):
            return dict(data=data.get("audit", dict()))
        if method == "PUT" and path.startswith("sys/audit/"):
            name = path.removeprefix("sys/audit/") + "/"
            if name in data.setdefault("audit", dict()):
                raise Refusal(400, "path already in use")
            if body["type"] != "file" or "file_path" not in body["options"]:
                raise Refusal(400, "file_path is required")
            data["audit"][name] = body
            self.note(f"{method} {path}")
            store.save()
            return None
        changed = self.pki(method, path, body)
        if method == "POST":
            self.note(f"{method} {path}")
            store.save()
        return changed

    def certificate(self, engine):
        """For everybody; of a path that nothing is mounted at, Vault says no more than that it is not allowed."""
        data = self.store.data
        if engine + "/" not in data["mounts"]:
            raise Refusal(403, "permission denied")
        issuer = data["issuers"].get(engine, dict()).get(data["defaults"].get(engine, ""))
        if issuer is None:
            raise Refusal(404, "")
        return dict(data=dict(certificate=issuer["certificate"]))

    def seal_status(self):
        return dict(initialized=self.store.data["initialized"], sealed=self.store.sealed, progress=len(self.store.entered))

    def initialise(self, body):
        store = self.store
        if store.data["initialized"]:
            raise Refusal(400, "Vault is already initialized")
        shares = [base64.b64encode(secrets.token_bytes(33)).decode() for _ in range(body["secret_shares"])]
        store.data = dict(
            initialized=True, shares=shares, threshold=body["secret_threshold"], root_token="hvs." + secrets.token_hex(12),
            mounts=dict(), issuers=dict(), defaults=dict(), roles=dict())
        store.save()
        self.note("init")
        if os.path.exists(at("lose-init")):
            return "lost"
        keys = [base64.b64decode(share).hex() for share in shares]
        return dict(keys=keys, keys_base64=shares, root_token=store.data["root_token"])

    def unseal(self, body):
        store = self.store
        if os.path.exists(at("hang-unseal")):
            open(at("hanging"), "w").close()
            while os.path.exists(at("hang-unseal")):
                time.sleep(0.05)
        if body.get("reset"):
            store.entered = []
            return self.seal_status()
        if body["key"] not in store.entered:
            store.entered.append(body["key"])
        if len(store.entered) >= store.data["threshold"]:
            if not set(store.entered) <= set(store.data["shares"]):
                store.entered = []
                raise Refusal(400, "failed to decrypt keyring: cipher: message authentication failed")
            store.entered, store.sealed = [], False
            self.note("unsealed")
        return self.seal_status()

    def pki(self, method, path, body):
        data = self.store.data
        if method == "POST" and (match := re.fullmatch(r"sys/mounts/(\w+)(/tune)?", path)):
            name = match[1] + "/"
            lease = (body if match[2] else body["config"])["max_lease_ttl"]
            if not match[2] and name in data["mounts"]:
                raise Refusal(400, "path is already in use at " + name)
            data["mounts"][name] = dict(type="pki", config=dict(max_lease_ttl=int(lease.removesuffix("s"))))
            return None
        engine = path.split("/")[0]
        if engine + "/" not in data["mounts"]:
            raise Refusal(404, "")
        issuers = data["issuers"].setdefault(engine, dict())
        rest = path.split("/", 1)[1]
        if (method, rest) == ("POST", "issuers/import/bundle"):
            return self.take_bundle(engine, issuers, body["pem_bundle"])
        if (method, rest) == ("LIST", "issuers"):
            if not issuers:
                raise Refusal(404, "")
            return dict(data=dict(keys=sorted(issuers)))
        if method == "GET" and rest.startswith("issuer/"):
            return dict(data=issuers[rest.split("/")[1]])
        if rest == "config/issuers":
            if method == "POST":
                if body["default"] not in issuers:
                    raise Refusal(400, "unable to find PKI issuer for reference")
                data["defaults"][engine] = body["default"]
            return dict(data=dict(default=data["defaults"].get(engine, "")))
        if rest.startswith("roles/"):
            if method == "POST":
                data["roles"][path] = body
            elif path not in data["roles"]:
                raise Refusal(404, "")
            return dict(data=data["roles"][path])
        raise Refusal(405, "unsupported operation")

    def take_bundle(self, engine, issuers, bundle):
        """Every certificate is an issuer; a key belongs to the first one, which is how bundles are written here."""
        blocks = re.findall(r"-----BEGIN ([A-Z ]+)-----\n(.*?)-----END \1-----\n", bundle, re.S)
        certificates = [text for kind, text in blocks if kind == "CERTIFICATE"]
        has_key = any(kind.endswith("PRIVATE KEY") for kind, _ in blocks)
        for index, text in enumerate(certificates):
            name = hashlib.sha256((engine + text).encode()).hexdigest()[:32]
            # As Vault gives it back: without the newline at the end.
            issuers[name] = dict(
                certificate=f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----",
                key_id="key-" + name if has_key and index == 0 else issuers.get(name, dict()).get("key_id", ""))
        # Vault chooses a default by rules of its own. Here the last one, for a chain an authority above the one that is to
        # issue: the script must say which it wants.
        self.store.data["defaults"].setdefault(engine, name)
        return dict(data=dict(imported_issuers=sorted(issuers)))


# Swift tests run with SIGTERM blocked and their children inherit that.
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
os.makedirs(os.path.dirname(STORE), exist_ok=True)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 8200 if IS_SERVICE else 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(TLS + ".crt", TLS + ".key")
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(at("port.new"), "w") as file:
    file.write(str(server.server_address[1]))
os.rename(at("port.new"), at("port"))
if IS_SERVICE:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
server.serve_forever()
