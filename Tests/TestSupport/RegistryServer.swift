import Foundation

/// Registries on loopback for one test: Debian's docker-registry, and one of the test's own that misbehaves as it is told. Both hold images
/// that the test makes.
package final class RegistryServer: Sendable {
    package let scratch: Scratch
    private let process: Child
    /// `127.0.0.1:PORT`
    package let host: String

    package static let missing = ["python3", "curl", "skopeo", "docker-registry"].filter { Tool($0).path == nil }

    private struct Silent: Error, CustomStringConvertible {
        let printed: String
        var description: String { "the registry did not begin to listen: \(printed)" }
    }

    private init(_ scratch: Scratch, _ command: [String], in printed: String) throws {
        self.scratch = scratch
        process = try Child(starting: command, environment: ["OTEL_TRACES_EXPORTER": "none"])
        let end = ContinuousClock.now + .seconds(20)
        var port: Substring?
        while port == nil {
            guard process.isRunning, ContinuousClock.now < end else { throw Silent(printed: process.printed) }
            Thread.sleep(forTimeInterval: 0.02)
            port = process.printed.split(separator: printed, omittingEmptySubsequences: false).dropFirst().first?.prefix
            { $0.isNumber }
            if port?.isEmpty == true { port = nil }
        }
        host = "127.0.0.1:\(port ?? "")"
    }

    deinit { process.stop() }

    /// Debian's, with what skopeo brings it.
    package static func debian(_ scratch: Scratch) throws -> RegistryServer {
        let configuration = try scratch.write(
            "registry.yml",
            """
            version: 0.1
            storage: { filesystem: { rootdirectory: \(scratch.file("registry")) } }
            http: { addr: "127.0.0.1:0" }
            """)
        return try RegistryServer(
            scratch, [try Tool("docker-registry").requirePath(), "serve", configuration], in: "listening on 127.0.0.1:")
    }

    /// The test's own: whatever tag is asked for is `serving` of the layout. See the script for the faults.
    package static func own(_ scratch: Scratch, layout: String, serving tag: String, _ faults: [String]) throws
        -> RegistryServer
    {
        let script = try scratch.write("server.py", Self.server)
        return try RegistryServer(
            scratch,
            [try Tool("python3").requirePath(), "-u", script, scratch.file(layout), scratch.file("log"), tag] + faults,
            in: "listening on ")
    }

    /// Copies an image of a layout with all its platforms.
    package func push(_ layout: String, _ tag: String, as name: String) throws -> Child.Outcome {
        try push("oci:\(scratch.file(layout)):\(tag)", as: name)
    }

    /// - Parameter image: as skopeo names it, such as `docker-archive:FILE`.
    package func push(_ image: String, as name: String) throws -> Child.Outcome {
        try Tool.skopeo.run([
            "--insecure-policy", "copy", "--all", "--dest-tls-verify=false", image, "docker://\(host)/\(name)",
        ])
    }

    /// What was asked of the test's own, one line each: method, path, range and who asked.
    package func requests() throws -> [String] {
        try scratch.read("log").split(separator: "\n").map(String.init)
    }

    /// Makes a layout with the tag `one`, an image for arm64, and `many`, an index for arm64, amd64 and Windows. All have one layer in common.
    ///
    /// - Parameter seed: another gives other images.
    package static func makeImages(_ scratch: Scratch, _ layout: String, seed: Int = 1) throws {
        let script = try scratch.write("images.py", Self.images)
        let outcome = try Tool("python3").run([script, scratch.file(layout), "\(seed)"])
        guard outcome.status == 0 else { throw Silent(printed: outcome.transcript) }
    }

    private static let images = #"""
        import gzip, hashlib, io, json, os, random, sys, tarfile
        root, seed = sys.argv[1], int(sys.argv[2])
        os.makedirs(root + "/blobs/sha256")

        def blob(data, media, **more):
            name = hashlib.sha256(data).hexdigest()
            open(root + "/blobs/sha256/" + name, "wb").write(data)
            return dict(mediaType=media, digest="sha256:" + name, size=len(data), **more)

        def layer(name, size, seed):
            plain = io.BytesIO()
            with tarfile.open(fileobj=plain, mode="w") as tar:
                info = tarfile.TarInfo(name)
                info.size = size
                tar.addfile(info, io.BytesIO(random.Random(seed).randbytes(size)))
            return hashlib.sha256(plain.getvalue()).hexdigest(), gzip.compress(plain.getvalue(), mtime=0)

        kind = "application/vnd.oci.image."
        def image(os_name, architecture):
            layers = [layer("shared", 1 << 20, 0), layer(architecture, 300000, seed)]
            config = dict(os=os_name, architecture=architecture, config={},
                          rootfs=dict(type="layers", diff_ids=["sha256:" + plain for plain, _ in layers]))
            manifest = dict(schemaVersion=2, mediaType=kind + "manifest.v1+json",
                            config=blob(json.dumps(config).encode(), kind + "config.v1+json"),
                            layers=[blob(data, kind + "layer.v1.tar+gzip") for _, data in layers])
            return blob(json.dumps(manifest).encode(), manifest["mediaType"])

        def platform(os_name, architecture):
            return dict(image(os_name, architecture), platform=dict(os=os_name, architecture=architecture))

        many = blob(json.dumps(dict(schemaVersion=2, mediaType=kind + "index.v1+json", manifests=[
            platform("windows", "amd64"), platform("linux", "amd64"), platform("linux", "arm64")])).encode(), kind + "index.v1+json")
        tags = dict(one=image("linux", "arm64"), many=many, other=image("linux", "s390x"))
        names = [dict(point, annotations={"org.opencontainers.image.ref.name": tag}) for tag, point in tags.items()]
        json.dump(dict(schemaVersion=2, manifests=names), open(root + "/index.json", "w"))
        json.dump(dict(imageLayoutVersion="1.0.0"), open(root + "/oci-layout", "w"))
        """#

    /// Faults: `cut` ends each blob's first answer in its middle, `wrong` changes blobs, `token` asks for one, `basic` for a password,
    /// `redirect` sends blobs to another port, which says who asked, `busy` answers every question with 503 at first.
    private static let server = #"""
        import base64, http.server, json, os, re, sys, threading, time
        root, log, faults = sys.argv[1], open(sys.argv[2], "a", buffering=1), set(sys.argv[4:])
        tags = {entry["annotations"]["org.opencontainers.image.ref.name"]: entry
                for entry in json.load(open(root + "/index.json"))["manifests"]}
        counts = {}
        password = "Basic " + base64.b64encode(b"user:se:cret").decode()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass

            def answer(self, status, body=b"", length=None, **headers):
                self.send_response(status)
                for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self): self.do_GET()

            def do_GET(self):
                form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                who = (self.headers.get("Authorization") or "nobody").split(" ")
                place = "elsewhere" if self.server is elsewhere else "here"
                log.write(" ".join([place, self.command, self.path, self.headers.get("Range") or "-", who[0], form]) + "\n")
                count = counts[self.path] = counts.get(self.path, 0) + 1
                url = "http://127.0.0.1:%d" % here.server_port
                if self.path.startswith("/token"):
                    granted = "refresh_token=identity" in form if "identity" in faults else \
                        "basic" not in faults or self.headers.get("Authorization") == password
                    if not granted: return self.answer(401)
                    token = "good" if "repository%3Ap" in self.path + form else "bad"
                    return self.answer(200, json.dumps({"token": token, "expires_in": 300}).encode())
                if "busy" in faults and count == 1: return self.answer(503, Retry_After="0")
                if place == "here" and "token" in faults and self.headers.get("Authorization") != "Bearer good":
                    return self.answer(401, WWW_Authenticate='Bearer realm="%s/token",service="test",scope="repository:pause:pull"' % url)
                if place == "here" and "basic" in faults and "token" not in faults and self.headers.get("Authorization") != password:
                    return self.answer(401, WWW_Authenticate='Basic realm="test"')
                found = re.fullmatch("/v2/(.+)/(manifests|blobs)/(.+)", self.path)
                if not found: return self.answer(404)
                _, kind, name = found.groups()
                if kind == "manifests" and ":" not in name: name = tags[sys.argv[3]]["digest"]
                path = root + "/blobs/sha256/" + name.removeprefix("sha256:")
                if not os.path.isfile(path):
                    return self.answer(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
                data = open(path, "rb").read()
                if kind == "manifests": return self.answer(200, data, Content_Type=json.loads(data)["mediaType"])
                if "redirect" in faults and place == "here":
                    return self.answer(307, Location="http://localhost:%d%s" % (elsewhere.server_port, self.path))
                if "wrong" in faults and len(data) > 1000: data = data[:-1] + bytes([data[-1] ^ 1])
                start = int(re.match(r"bytes=(\d+)-", self.headers.get("Range") or "bytes=0-").group(1))
                fields = {"Content_Range": "bytes %d-%d/%d" % (start, len(data) - 1, len(data))} if start else {}
                body = data[start:]
                if "cut" in faults and count == (2 if "busy" in faults else 1) and len(data) > 1000:
                    self.close_connection = True
                    return self.answer(206 if start else 200, body[:len(body) // 2], length=len(body), **fields)
                self.answer(206 if start else 200, body, **fields)

        here = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        elsewhere = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        parent = os.getppid()
        def watch():
            while os.getppid() == parent: time.sleep(0.5)
            os._exit(0)
        threading.Thread(target=watch, daemon=True).start()
        print("listening on %d " % here.server_port, flush=True)
        here.serve_forever()
        """#
}
