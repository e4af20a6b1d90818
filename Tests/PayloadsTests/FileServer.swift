import Foundation
import TestSupport

/// A web server on the loopback interface that misbehaves as the path asks; TLS with a certificate of the test's own.
/// The process is touched only when it is started and ended.
final class FileServer: @unchecked Sendable {
    private let process: Process
    private let scratch: Scratch
    let port: Int

    static let missing = ["python3", "openssl", "curl"].filter { Tool($0).path == nil }

    /// - Parameter files: what is served below `/plain/`, `/noranges/` and so on; see the script.
    init(_ files: [String: [UInt8]]) throws {
        scratch = try Scratch()
        for (name, bytes) in files { try scratch.write("files/" + name, bytes) }
        try Tool.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", scratch.file("key.pem"), "-out",
                scratch.file("cert.pem"),
            ])
        try scratch.write("server.py", Array(Self.script.utf8))
        let python = try Tool("python3").requirePath()
        process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-u", scratch.file("server.py"), scratch.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        var port: Int?
        while port == nil, process.isRunning {
            Thread.sleep(forTimeInterval: 0.01)
            port = (try? scratch.bytes("port")).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
        }
        guard let port else { throw ToolMissing(names: ["a web server in Python"]) }
        self.port = port
    }

    deinit {
        // SIGTERM may be blocked in a child of a test's thread.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func address(_ path: String) -> String { "https://127.0.0.1:\(port)/\(path)" }

    /// What curl needs to trust the server, and no proxy.
    var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "CURL_CA_BUNDLE": scratch.file("cert.pem"), "no_proxy": "*",
            "NO_PROXY": "*",
        ]
    }

    /// What is served from now on.
    func write(_ name: String, _ bytes: [UInt8]) throws { try scratch.write("files/" + name, bytes) }

    /// The requests so far, such as `GET /plain/a bytes=5-`.
    func requests() throws -> [String] {
        String(decoding: try scratch.bytes("requests"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static let script = #"""
        import http.server, os, socketserver, ssl, sys, threading, time
        root = sys.argv[1]
        log = open(os.path.join(root, "requests"), "a", buffering=1)
        counts = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments): pass

            def do_HEAD(self):
                mode, _, name = self.path.strip("/").partition("/")
                if not os.path.isfile(os.path.join(root, "files", name)):
                    return self.send_error(404)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                wanted = self.headers.get("Range")
                log.write("GET %s%s\n" % (self.path, " " + wanted if wanted else ""))
                mode, _, name = self.path.strip("/").partition("/")
                counts[self.path] = counts.get(self.path, 0) + 1
                if mode == "moved":
                    self.send_response(302)
                    self.send_header("Location", "/plain/" + name)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if mode == "downgrade":
                    self.send_response(302)
                    self.send_header("Location", "http://127.0.0.1:1/" + name)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if mode == "busy" and counts[self.path] == 1 or mode == "down":
                    return self.send_error(503)
                path = os.path.join(root, "files", name)
                if os.path.isdir(path):
                    path = os.path.join(path, "index.html")
                if not os.path.isfile(path):
                    return self.send_error(404)
                data = open(path, "rb").read()
                start = 0
                if wanted and mode != "noranges":
                    start = int(wanted.removeprefix("bytes=").split("-")[0])
                    if start >= len(data):
                        return self.send_error(416)
                    self.send_response(206)
                    self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(data) - 1, len(data)))
                else:
                    self.send_response(200)
                body = data[start:]
                if mode == "longer":
                    body += b"x" * 1000
                if mode == "lying":
                    # Says less than the file has: a truncated body that looks complete.
                    body = body[: len(body) // 2]
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if mode == "slow":
                    for place in range(0, len(body), 1 << 15):
                        self.wfile.write(body[place : place + (1 << 15)])
                        self.wfile.flush()
                        time.sleep(0.05)
                    return
                if mode == "crawl":
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        time.sleep(0.2)
                    return
                if mode == "broken" and counts[self.path] <= 3 or mode == "noranges" and counts[self.path] == 1:
                    self.wfile.write(body[: len(body) // 2])
                    self.wfile.flush()
                    self.close_connection = True
                    self.connection.close()
                    return
                self.wfile.write(body)

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            def handle_error(self, request, client_address): pass

        server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(root, "cert.pem"), os.path.join(root, "key.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        open(os.path.join(root, "port.new"), "w").write(str(server.server_port))
        os.rename(os.path.join(root, "port.new"), os.path.join(root, "port"))

        def end_with(parent):
            # However the test ends, the server ends too.
            while os.getppid() == parent: time.sleep(0.5)
            os._exit(0)

        threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
        server.serve_forever()
        """#
}
