import Archive
import BundleFormat
import Payloads
import SystemPackage
import TestSupport
import Testing
import Values

/// Payloads that lie in files.
struct FileFetchTests {
    let scratch: Scratch
    let store: PayloadStore

    init() throws {
        scratch = try Scratch()
        store = try PayloadStore.open(scratch.filePath("store"))
        try scratch.write("lock/p.lock", [])
    }

    func fetch(_ address: String, _ content: [UInt8]) async throws -> PayloadError? {
        let payload = LockedPayload(
            name: "p", address: try PayloadAddress(parsing: address), size: Int64(content.count),
            digest: Digest(hashing: content))
        let fetcher = Fetcher(store: store, base: scratch.filePath("lock"), environment: [:])
        return await fetcher.fetch([payload]) { _ in }.first
    }

    @Test(arguments: ["file:../in/p", "../in/p", "ABSOLUTE/in/p", "file:ABSOLUTE/in/p", "file://ABSOLUTE/in/p"])
    func copies(_ address: String) async throws {
        try scratch.write("in/p", [1, 2, 3])
        let failure = try await fetch(address.replacing("ABSOLUTE", with: scratch.path), [1, 2, 3])
        #expect(failure == nil)
        #expect(try scratch.bytes("store/blobs/sha256/" + Digest(hashing: [1, 2, 3]).hex) == [1, 2, 3])
    }

    @Test func refusesOtherBytesAndKeepsNothing() async throws {
        try scratch.write("in/p", [1, 2, 3])
        let failure = try await fetch("../in/p", [1, 2, 4])
        #expect(failure?.description.contains("is not what the lock file pins: expected sha256:") == true)
        #expect(failure?.isEnvironment == false)
        let short = try await fetch("../in/p", [1, 2])
        #expect(short?.description.contains("expected 2 bytes, found 3") == true)
        #expect(scratch.files(below: "store") == [])
    }

    @Test func saysWhichFileIsMissing() async throws {
        let failure = try await fetch("../in/none", [1])
        #expect(failure?.description.contains("in/none: No such file or directory") == true, "\(failure as Any)")
        #expect(failure?.isEnvironment == false, "as for any other file that the user names")
    }

    @Test func saysThatCurlIsMissing() async throws {
        let payload = LockedPayload(
            name: "p", address: .https("https://127.0.0.1:1/p"), size: 1, digest: Digest(hashing: [1]))
        let fetcher = Fetcher(store: store, base: "", environment: ["PATH": scratch.path])
        let text = await fetcher.fetch([payload]) { _ in }.first?.description
        #expect(text == "curl is not installed; payloads are fetched with it")
    }
}
