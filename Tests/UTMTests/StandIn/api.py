"""api.py PKI PORT: a server where kube-apiserver listens, with its certificate, that takes nobody without a client's.

It answers with who asked, as kube-apiserver would name them, and for what.
"""
import http.server, ssl, sys

PKI, PORT = sys.argv[1], int(sys.argv[2])


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        subject = dict(pair for part in self.connection.getpeercert()["subject"] for pair in part)
        body = f"{subject['commonName']} of {subject['organizationName']} asks for {self.path}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(PKI + "/apiserver.crt", PKI + "/apiserver.key")
context.load_verify_locations(PKI + "/client-ca.crt")
# Issuing authorities alone are trusted, as by kube-apiserver (X509_V_FLAG_PARTIAL_CHAIN).
context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
context.verify_mode = ssl.CERT_REQUIRED
server = http.server.ThreadingHTTPServer(("", PORT), Answers)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
