import Foundation
import TestSupport

/// Stands before Debian's docker-registry: writes down what is asked, and misbehaves as it is told.
final class RegistryProxy: Sendable {
    let registry: RegistryServer
    private let process: Child
    private let scratch: Scratch
    private let log: String
    /// `127.0.0.1:PORT`
    let host: String

    private struct Silent: Error, CustomStringConvertible {
        let printed: String
        var description: String { "the proxy did not begin to listen: \(printed)" }
    }

    /// Faults: `cut` ends the first large upload in its middle, `cutdown` the first large download, `token` asks for one, `wrong` changes a
    /// byte of large blobs, `referrers` adds the list of referrers that Debian's registry lacks, `sessions` keeps what arrived of an upload that was
    /// cut off and says how much that is, as the specification has it and Debian's registry does not.
    init(_ registry: RegistryServer, _ faults: String...) throws {
        (self.registry, scratch) = (registry, registry.scratch)
        log = "proxy-\(UUID().uuidString).log"
        let script = try scratch.write("proxy.py", Self.proxy)
        process = try Child(
            starting: [
                try Tool("python3").requirePath(), "-u", script, registry.host, try scratch.write(log, ""),
            ] + faults)
        let end = ContinuousClock.now + .seconds(20)
        var port: Substring?
        while port?.isEmpty ?? true {
            guard process.isRunning, ContinuousClock.now < end else { throw Silent(printed: process.printed) }
            Thread.sleep(forTimeInterval: 0.02)
            port = process.printed.split(separator: "listening on ").first?.prefix { $0.isNumber }
        }
        host = "127.0.0.1:\(port ?? "")"
    }

    deinit { process.stop() }

    /// One line each: method, path, the range that is sent or asked for, who asks, status.
    func requests() throws -> [String] { try scratch.read(log).split(separator: "\n").map(String.init) }

    func forget() throws { try scratch.write(log, "") }

    private static let proxy = #"""
        import hashlib, http.client, http.server, json, os, re, socket, sys, threading, time
        upstream, log, faults = sys.argv[1], sys.argv[2], set(sys.argv[3:])
        lock, done, referrers, uploads = threading.Lock(), set(), {}, {}

        def once(fault):
            with lock:
                if fault not in faults or fault in done: return False
                done.add(fault)
                return True

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass

            def note(self, status):
                with lock, open(log, "a") as file:
                    part = self.headers.get("Content-Range") or self.headers.get("Range") or "-"
                    who = (self.headers.get("Authorization") or "nobody").split(" ")[0]
                    file.write(" ".join([self.command, self.path, part, who, str(status)]) + "\n")

            def answer(self, status, body=b"", **headers):
                self.note(status)
                self.send_response(status)
                for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD": self.wfile.write(body)

            def serve(self):
                size = int(self.headers.get("Content-Length") or 0)
                here = "http://127.0.0.1:%d" % server.server_port
                if self.path.startswith("/token"):
                    self.rfile.read(size)
                    token = "writer" if "pull%2Cpush" in self.path else "reader"
                    return self.answer(200, json.dumps({"token": token, "expires_in": 300}).encode())
                sent = self.headers.get("Authorization")
                if "token" in faults and self.path != "/v2/":
                    wanted = ["Bearer writer"] + (["Bearer reader"] if self.command in ("GET", "HEAD") else [])
                    if sent not in wanted:
                        self.rfile.read(size)
                        return self.answer(401, WWW_Authenticate='Bearer realm="%s/token",service="test"' % here)
                if size > 1 << 20 and once("cut"):
                    self.note("cut")
                    half = self.rfile.read(size // 2)
                    if "sessions" in faults:
                        uploads[self.path.split("/")[-1]] += half
                        self.close_connection = True
                        self.connection.shutdown(socket.SHUT_RDWR)
                        return
                    host, port = upstream.split(":")
                    with socket.create_connection((host, int(port))) as wire:
                        lines = ["%s %s HTTP/1.1" % (self.command, self.path)]
                        lines += ["%s: %s" % item for item in self.headers.items()]
                        wire.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + half)
                        time.sleep(0.3)
                    time.sleep(0.3)
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                body = self.rfile.read(size)
                if "sessions" in faults and "/blobs/uploads/" in self.path: return self.upload(body)
                found = re.fullmatch(r"/v2/.+/referrers/(sha256:[0-9a-f]+)", self.path)
                if found and "referrers" in faults:
                    list = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                            "manifests": referrers.get(found.group(1), [])}
                    return self.answer(200, json.dumps(list).encode(), Content_Type=list["mediaType"])
                host, port = upstream.split(":")
                wire = http.client.HTTPConnection(host, int(port))
                wire.request(self.command, self.path, body or None,
                             {name: value for name, value in self.headers.items() if name != "Authorization"})
                reply = wire.getresponse()
                data = reply.read()
                headers = [(n, v) for n, v in reply.getheaders() if n.lower() not in ("content-length", "connection")]
                if self.command == "PUT" and "/manifests/" in self.path and "referrers" in faults and reply.status == 201:
                    manifest = json.loads(body)
                    subject = manifest.get("subject", {}).get("digest")
                    if subject:
                        headers.append(("OCI-Subject", subject))
                        referrers.setdefault(subject, []).append(dict(
                            mediaType=manifest["mediaType"], digest="sha256:" + hashlib.sha256(body).hexdigest(),
                            size=len(body), artifactType=manifest["artifactType"]))
                length = reply.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
                if "wrong" in faults and "/blobs/" in self.path and len(data) > 1 << 20:
                    data = data[:-1] + bytes([data[-1] ^ 1])
                cut = self.command == "GET" and "/blobs/" in self.path and len(data) > 1 << 20 and once("cutdown")
                self.note("cut" if cut else reply.status)
                self.send_response(reply.status)
                for name, value in headers: self.send_header(name, value)
                self.send_header("Content-Length", length or "0")
                self.end_headers()
                if self.command != "HEAD": self.wfile.write(data[:len(data) // 2] if cut else data)
                if cut: self.close_connection = True

            def upload(self, body):
                if self.command == "POST":
                    name = os.urandom(8).hex()
                    uploads[name] = b""
                    return self.answer(202, Location=self.path + name)
                place, _, query = self.path.partition("?")
                name = place.split("/")[-1]
                if name not in uploads: return self.answer(404)
                start = self.headers.get("Content-Range", "-").split("-")[0]
                if start and int(start) != len(uploads[name]): return self.answer(416)
                uploads[name] += body
                if self.command != "PUT":
                    part = "0-%d" % max(0, len(uploads[name]) - 1)
                    return self.answer(204 if self.command == "GET" else 202, Location=place, Range=part)
                host, port = upstream.split(":")
                wire = http.client.HTTPConnection(host, int(port))
                wire.request("POST", "/".join(place.split("/")[:-1]) + "/")
                reply = wire.getresponse()
                reply.read()
                more = reply.getheader("Location")
                wire.request("PUT", more[more.index("/v2/"):] + "&" + query, uploads.pop(name),
                             {"Content-Type": "application/octet-stream"})
                reply = wire.getresponse()
                return self.answer(reply.status, reply.read())

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = serve

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        parent = os.getppid()
        def watch():
            while os.getppid() == parent: time.sleep(0.5)
            os._exit(0)
        threading.Thread(target=watch, daemon=True).start()
        print("listening on %d " % server.server_port, flush=True)
        server.serve_forever()
        """#
}
