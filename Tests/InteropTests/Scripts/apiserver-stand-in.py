"""apiserver-stand-in.py NAME: a server where kube-apiserver listens, with its certificate and its way of taking clients.

/readyz answers 200 while /run/ready exists and 500 otherwise; everything else answers NAME. It asks for a client
certificate as kube-apiserver does, and lets those without one ask too.
"""
import http.server
import os
import ssl
import sys

PKI = "/etc/kubernetes/pki/"


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        ready = self.path != "/readyz" or os.path.exists("/run/ready")
        body = (sys.argv[1] if ready else "not ready").encode()
        self.send_response(200 if ready else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(PKI + "apiserver.crt", PKI + "apiserver.key")
context.load_verify_locations(PKI + "kubernetes-ca.crt")
context.verify_mode = ssl.CERT_OPTIONAL
http.server.ThreadingHTTPServer.request_queue_size = 128
server = http.server.ThreadingHTTPServer(("", 6443), Answers)
# The handshake in the connection's own thread: a client that is gone holds up nobody.
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
