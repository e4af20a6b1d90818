import Archive
import BundleFormat
import Foundation
import Payloads
import SystemPackage
import TestSupport
import Testing
import Values

/// Fetching over TLS from a server that behaves well or badly.
@Suite(.needs(missing: FileServer.missing)) struct FetcherTests {
    static let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }

    let scratch: Scratch
    let server: FileServer
    let store: PayloadStore

    init() throws {
        scratch = try Scratch()
        server = try FileServer(["a": Self.content, "empty": [], "other": [1, 2, 3]])
        store = try PayloadStore.open(scratch.filePath("store"))
    }

    func payload(_ path: String, _ content: [UInt8] = content) throws -> LockedPayload {
        LockedPayload(
            name: "p", address: try PayloadAddress(parsing: server.address(path)), size: Int64(content.count),
            digest: Digest(hashing: content))
    }

    func fetch(_ payloads: [LockedPayload], events: Events = Events()) async -> [String] {
        let fetcher = Fetcher(
            store: store, base: scratch.filePath(""), environment: server.environment,
            retries: RetryPolicy(attempts: 3, pause: 0.01))
        return await fetcher.fetch(payloads) { events.take($0) }.map(\.description)
    }

    func stored(_ content: [UInt8] = content) throws -> [UInt8] {
        try scratch.bytes("store/blobs/sha256/" + Digest(hashing: content).hex)
    }

    @Test(arguments: ["plain", "moved", "busy"]) func fetchesOnce(_ mode: String) async throws {
        let events = Events()
        #expect(await fetch([try payload(mode + "/a")], events: events) == [])
        #expect(try stored() == Self.content)
        #expect(scratch.files(below: "store").count == 1, "no partial file is left")
        let requests = try server.requests().count
        #expect(await fetch([try payload(mode + "/a")], events: events) == [])
        #expect(try server.requests().count == requests, "present means done")
        #expect(events.all == ["p started", "p fetched", "p started", "p present"])
    }

    @Test func fetchesAnEmptyFile() async throws {
        #expect(await fetch([try payload("plain/empty", [])]) == [])
        #expect(try stored([]) == [])
    }

    @Test func goesOnAfterBrokenConnections() async throws {
        #expect(await fetch([try payload("broken/a")]) == [])
        #expect(try stored() == Self.content)
        let ranges = try server.requests().map { $0.split(separator: " ").dropFirst(2).joined() }
        #expect(ranges == ["", "bytes=150000-", "bytes=225000-", "bytes=262500-"])
    }

    @Test func goesOnWhereAnEarlierRunStopped() async throws {
        let hex = Digest(hashing: Self.content).hex
        try scratch.write("store/partial/" + hex, Array(Self.content.prefix(1000)))
        let events = Events()
        #expect(await fetch([try payload("plain/a")], events: events) == [])
        #expect(try stored() == Self.content)
        #expect(try server.requests() == ["GET /plain/a bytes=1000-"])
        #expect(events.all.last == "p resumed")
    }

    @Test(arguments: [1000, 300_000, 400_000]) func startsAgainWhenThePartIsWrong(_ count: Int) async throws {
        let hex = Digest(hashing: Self.content).hex
        try scratch.write("store/partial/" + hex, [UInt8](repeating: 9, count: count))
        #expect(await fetch([try payload("plain/a")]) == [])
        #expect(try stored() == Self.content)
        #expect(try server.requests().last == "GET /plain/a")
    }

    @Test func startsAgainWhereTheServerHasNoRanges() async throws {
        #expect(await fetch([try payload("noranges/a")]) == [])
        #expect(try stored() == Self.content)
        #expect(try server.requests() == ["GET /noranges/a", "GET /noranges/a bytes=150000-", "GET /noranges/a"])
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let path: String
        let says: [String]
        var testDescription: String { path }
    }

    @Test(arguments: [
        Refusal(path: "plain/none", says: ["p: the server has no https://", "(HTTP status 404)", "--set p=URL"]),
        Refusal(path: "plain/other", says: ["expected 300000 bytes, found 3; nothing was kept"]),
        Refusal(path: "longer/a", says: ["expected 300000 bytes, found 30", "nothing was kept", "--refresh p"]),
        Refusal(path: "lying/a", says: ["expected 300000 bytes, found 150000; nothing was kept"]),
        Refusal(path: "down/a", says: ["cannot fetch", "503", "run the command again to go on"]),
        Refusal(path: "downgrade/a", says: ["cannot fetch", "http"]),
    ])
    func refuses(_ refusal: Refusal) async throws {
        let failures = await fetch([try payload(refusal.path)])
        let text = try #require(failures.first)
        #expect(refusal.says.allSatisfy { text.contains($0) }, "\(text)")
        #expect(failures.count == 1)
        #expect(scratch.files(below: "store/blobs") == [], "nothing is kept under that name")
    }

    @Test func refusesWrongBytesAndKeepsNothing() async throws {
        var other = Self.content
        other[7] ^= 1
        let failures = await fetch([try payload("plain/a", other)])
        let text = try #require(failures.first)
        #expect(
            text.contains(
                "expected \(Digest(hashing: other)), found \(Digest(hashing: Self.content)); nothing was kept"))
        #expect(scratch.files(below: "store") == [])
    }

    @Test func trustsNoServerWithoutACertificate() async throws {
        let fetcher = Fetcher(
            store: store, base: scratch.filePath(""), environment: ["PATH": "/usr/bin:/bin", "NO_PROXY": "*"],
            retries: RetryPolicy(attempts: 1, pause: 0))
        let failures = await fetcher.fetch([try payload("plain/a")]) { _ in }.map(\.description)
        #expect(failures.first?.contains("cannot fetch") == true, "\(failures)")
        #expect(failures.first?.contains("certificate") == true, "\(failures)")
        #expect(scratch.files(below: "store/blobs") == [])
    }

    @Test func oneFailureDoesNotStopTheOthers() async throws {
        let files = try (0..<12).map { number -> LockedPayload in
            let bytes = [UInt8](repeating: UInt8(number), count: 1000 + number)
            let path = try scratch.write("in/\(number)", bytes)
            return LockedPayload(
                name: "f\(number)", address: .file(path), size: Int64(bytes.count), digest: Digest(hashing: bytes))
        }
        let events = Events()
        let failures = await fetch([try payload("plain/none")] + files + [try payload("plain/a")], events: events)
        #expect(failures.count == 1)
        #expect(scratch.files(below: "store/blobs").count == 13)
        #expect(events.all.filter { $0.hasSuffix("copied") }.count == 12)
    }

    @Test func twoFetchesOfTheSameBytesDoNotDisturbEachOther() async throws {
        let wanted = try payload("plain/a")
        async let first = fetch([wanted, wanted, wanted])
        async let second = fetch([wanted, wanted])
        #expect(await first + second == [])
        #expect(try stored() == Self.content)
        #expect(try server.requests().count == 1)
        #expect(scratch.files(below: "store").count == 1)
    }
}
