import Foundation
import TestSupport
import Testing
import Values

/// `slipway fetch` where the computer lets it down in the middle: killed, and on a disk that is too small or fills up.
@Suite(.needs(missing: FileServer.missing), .serialized) struct FetchProgramTests {
    static let kubelet: [UInt8] = {
        var random = SeededGenerator(seed: 11)
        return Contents.program(random.bytes(3 << 20), .arm64)
    }()

    let scratch: Scratch
    let server: FileServer

    /// A topology whose kubelet comes from the server, which takes its time; 3 MiB last five seconds.
    init() throws {
        scratch = try Scratch()
        server = try FileServer(["kubelet": Self.kubelet])
        try scratch.write("t.yaml", String(contentsOf: Repository.topology("simple"), encoding: .utf8))
        let lock = try Child.run(
            [
                Repository.slipway.path, "lock", scratch.file("t.yaml"), "kubelet", "--set",
                "kubelet=\(server.address("plain/kubelet"))", "--store", scratch.file("first"),
            ], environment: server.environment)
        try #require(lock.status == 0, "\(lock.transcript)")
        try scratch.write("t.lock", scratch.read("t.lock").replacing("/plain/", with: "/slow/"))
    }

    /// The program and its arguments.
    private func fetch(into store: String) -> [String] {
        [Repository.slipway.path, "fetch", scratch.file("t.yaml"), "kubelet", "--store", scratch.file(store)]
    }

    private func partial(in store: String) throws -> Int {
        let files = scratch.files(below: "\(store)/partial")
        return try files.reduce(0) { try $0 + scratch.bytes("\(store)/partial/\($1)").count }
    }

    /// The first byte of the last request, as the server saw it.
    private func lastStart() throws -> Int {
        let request = try #require(try server.requests().last)
        let start = try #require(request.firstMatch(of: /bytes=([0-9]+)-/), "\(request)")
        return try #require(Int(start.1))
    }

    @Test("killed with signal 9, it goes on with the byte that it had") func killed() throws {
        let child = try Child(starting: fetch(into: "store"), environment: server.environment)
        let end = ContinuousClock.now + .seconds(60)
        while try partial(in: "store") < 300_000, child.isRunning, ContinuousClock.now < end {
            Thread.sleep(forTimeInterval: 0.02)
        }
        #expect(child.isRunning, "it was killed in the middle: \(child.printed)")
        // curl, its child, is in its group: a computer that is switched off takes both.
        kill(-child.identifier, SIGKILL)
        child.stop()
        #expect(scratch.files(below: "store/blobs") == [])
        let held = try partial(in: "store")
        #expect(held >= 300_000 && held < Self.kubelet.count)

        let again = try Child.run(fetch(into: "store"), environment: server.environment)
        #expect(again.status == 0, "\(again.transcript)")
        #expect(try lastStart() == held)
        let blob = try #require(scratch.files(below: "store/blobs").first)
        #expect(try scratch.bytes("store/blobs/\(blob)") == Self.kubelet)
        #expect(scratch.files(below: "store/partial") == [])
    }

    @Test("a disk that is too small is refused before a byte is asked for", .needsRoot(Tool("unshare"))) func small()
        throws
    {
        let requests = try server.requests()
        let outcome = try run(onDiskOf: "2m", "exec \"$@\"")
        #expect(outcome.status == 3, "\(outcome.transcript)")
        #expect(outcome.errors.contains("needs 3.1 MB more, and its disk has 2.0 MB free"), "\(outcome.errors)")
        #expect(try server.requests() == requests)
    }

    @Test("a disk that fills up meanwhile ends it, and it goes on when there is room", .needsRoot(Tool("unshare")))
    func fillsUp() throws {
        let outcome = try run(
            onDiskOf: "5m",
            """
            "$@" & fetching=$!
            until [ -n "$(find disk/partial -size +64k 2>/dev/null)" ] || ! kill -0 $fetching; do sleep 0.02; done
            cat /dev/zero >disk/filler 2>/dev/null
            wait $fetching; echo "first: $?"
            ls disk/blobs/sha256
            rm disk/filler; exec "$@"
            """)
        #expect(outcome.output.hasPrefix("first: 3\n\(scratch.file("t.yaml")): 1 payload, "), "\(outcome.transcript)")
        #expect(outcome.errors.contains("No space left on device"), "\(outcome.errors)")
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(try lastStart() >= 65536)
    }

    /// Runs a script, whose arguments are the program's, with a file system of that size as its store `disk`.
    private func run(onDiskOf size: String, _ script: String) throws -> Child.Outcome {
        try scratch.write("disk/.keep", [])
        let mounting = "cd '\(scratch.path)' && mount -t tmpfs -o size=\(size) none disk || exit 99\n"
        return try Child.run(
            ["/usr/bin/env", "unshare", "-m", "--propagation", "private", "sh", "-c", mounting + script, "sh"]
                + fetch(into: "disk"), environment: server.environment, limit: .seconds(120))
    }
}
