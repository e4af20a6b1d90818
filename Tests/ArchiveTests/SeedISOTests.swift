import Archive
import BundleFormat
import TestSupport
import Testing
import Values

struct SeedISOTests {
    static let epoch: Int64 = 1_767_225_600

    static func image(_ entries: [ArchiveEntry], label: String = "cidata", epoch: Int64 = epoch) throws -> [UInt8] {
        try SeedISO.image(label: label, entries: entries, epoch: epoch)
    }

    /// The bytes on every machine, in every zone, for every user and libarchive 3.6.2 to 3.8.10. A change here changes every
    /// bundle's digest: it needs a reason in the commit.
    @Test func hasTheSameBytesEverywhere() throws {
        let image = try Self.image(Samples.seed())
        #expect(Digest(hashing: image).hex == "c1c4940336d68ab8e12cca621306d6c4b146262c52beec3a6971010c6e940682")
        #expect(image.count == 223_232)
    }

    @Test func doesNotDependOnOrderOrTime() async throws {
        let entries = try Samples.seed()
        let first = try Self.image(entries)
        try await Task.sleep(for: .seconds(2))
        var generator = SeededGenerator(seed: 3)
        #expect(try Self.image(entries.shuffled(using: &generator)) == first)
    }

    @Test func isMadeByManyThreadsAtOnce() async throws {
        let entries = try Samples.seed()
        let expected = try Self.image(entries)
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<64 { group.addTask { try Self.image(entries) } }
            for try await image in group { #expect(image == expected) }
        }
    }

    @Test func dependsOnContentModesAndEpoch() throws {
        let base = try Self.image([.file("a", [1])])
        #expect(try Self.image([.file("a", [2])]) != base)
        #expect(try Self.image([.file("a", [1], permissions: 0o600)]) != base)
        #expect(try Self.image([.file("a", [1])], epoch: Self.epoch + 1) != base)
        #expect(try Self.image([.file("a", [1], modified: 5)]) == base)
    }

    @Test func comesBackThroughTheReader() throws {
        let entries = try Samples.seed()
        let read = try ISOReader.entries(in: Self.image(entries), subject: "seed")
        let byPath = Dictionary(uniqueKeysWithValues: read.map { ($0.path, $0) })
        for entry in entries {
            #expect(byPath[entry.path]?.kind == entry.kind, "\(entry.path)")
            #expect(byPath[entry.path]?.permissions == entry.permissions, "\(entry.path)")
            #expect(byPath[entry.path]?.modified == Self.epoch, "\(entry.path)")
        }
        #expect(byPath["slipway"]?.permissions == 0o755)
        #expect(byPath["a/b/c/d/e/f/g"]?.kind == .directory)
        #expect(read.count == entries.count + 9)
        #expect(read == Samples.sorted(read))
    }

    @Test func carriesOwners() throws {
        let entry = try ArchiveEntry(path: "f", kind: .file([1]), permissions: 0o640, userID: 990, groupID: 991)
        let read = try ISOReader.entries(in: Self.image([entry]), subject: "seed")
        #expect(read.first?.userID == 990)
        #expect(read.first?.groupID == 991)
    }

    @Test func holdsNoTraceOfTheMachine() throws {
        let image = try Self.image(Samples.seed())
        let text = String(decoding: image.prefix(20 * 2048), as: UTF8.self)
        for trace in ["libarchive", "Linux", "LINUX", "Darwin", "INFO"] { #expect(!text.contains(trace), "\(trace)") }
        #expect(text.contains("20260101000000"))
    }

    @Test(arguments: [
        ("a*b", "the character \"*\" cannot stand in a Joliet name"), ("a:b", "the character \":\""),
        ("a;1", "the character \";\""), ("a?b", "the character \"?\""),
        (String(repeating: "n", count: 65), "a component is longer than the 64 characters Joliet holds"),
        ("1/2/3/4/5/6/7/8/f", "at most 7 directories inside one another"),
        ("a/b/c", "a/b is a file"), ("a/b", "it occurs twice"),
    ])
    func refuses(_ path: String, _ reason: String) throws {
        let entries: [ArchiveEntry] = [try .file("a/b", []), try .file(path, [])]
        let error = #expect(throws: ArchiveError.self) { try Self.image(entries) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "accepted")")
    }

    @Test func refusesBadLabelsAndTimes() throws {
        for label in ["", "seventeen-letters", "sp ace", "ö", "a,b=c"] {
            let error = #expect(throws: ArchiveError.self) { try Self.image([], label: label) }
            #expect(error?.description.contains("a volume label has 1 to 16 of a-z A-Z 0-9 _ -") == true)
        }
        for epoch: Int64 in [-1, 5_869_584_000, .max] {
            let error = #expect(throws: ArchiveError.self) { try Self.image([], epoch: epoch) }
            #expect(error?.description.contains("ISO 9660 holds the years 1970 to 2155") == true)
        }
    }

    @Test(
        arguments: [
            (0, "19700101000000"), (951_782_399, "20000228235959"), (951_782_400, "20000229000000"),
            (1_709_251_199, "20240229235959"), (4_107_542_399, "21000228235959"), (4_107_542_400, "21000301000000"),
            (5_869_583_999, "21551231235959"),
        ] as [(Int64, String)])
    func writesDates(_ epoch: Int64, _ digits: String) throws {
        let image = try Self.image([], epoch: epoch)
        let start = 16 * 2048 + 813
        #expect(String(decoding: image[start..<(start + 14)], as: UTF8.self) == digits)
    }

    @Test func holdsManyFilesInOneDirectory() throws {
        let entries = try (0..<2000).map {
            try ArchiveEntry.file("slipway/files/some-file-with-a-name-\($0)", [UInt8($0 % 256)])
        }
        let read = try ISOReader.entries(in: Self.image(entries), subject: "seed")
        #expect(read.filter { $0.content != nil }.map(\.path) == Samples.sorted(entries).map(\.path))
        #expect(read.filter { $0.content != nil }.map(\.content) == Samples.sorted(entries).map(\.content))
    }
}
