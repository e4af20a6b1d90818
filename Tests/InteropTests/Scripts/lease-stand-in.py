"""lease-stand-in.py: a lease where kube-apiserver listens, with its certificate, for clients with a certificate of its authorities.

The lease is /run/lease.json. A change of another version than the one kept is refused, as the API does. While /run/raced exists,
the lease changes between being read and being written; while /run/unready exists, /readyz says so. Each request is printed with the name in the client's certificate.
"""
import http.server
import json
import os
import ssl

PKI = "/etc/kubernetes/pki/"
LEASE = "/run/lease.json"
PATH = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager"


def kept():
    with open(LEASE) as file:
        return json.load(file)


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/readyz":
            self.say(500 if os.path.exists("/run/unready") else 200, {})
            return
        self.say(200 if self.path == PATH else 404, kept())

    def do_PUT(self):
        lease = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        current = kept()
        if os.path.exists("/run/raced"):
            current["metadata"]["resourceVersion"] = "2"
        if self.path != PATH or lease["metadata"]["resourceVersion"] != current["metadata"]["resourceVersion"]:
            self.say(409, {})
            return
        with open(LEASE, "w") as file:
            json.dump(lease, file)
        self.say(200, lease)

    def say(self, code, answer):
        subject = dict(pair[0] for pair in self.connection.getpeercert()["subject"])
        print(self.command, code, subject["commonName"], flush=True)
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(PKI + "apiserver.crt", PKI + "apiserver.key")
context.load_verify_locations(PKI + "client-ca.crt")
context.verify_mode = ssl.CERT_REQUIRED
server = http.server.ThreadingHTTPServer(("127.0.0.1", 6443), Answers)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("listening", flush=True)
server.serve_forever()
