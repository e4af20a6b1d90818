import Foundation
import TestSupport
import Testing

/// An export in five parts, as media come and go.
@Suite("parts", .serialized) struct PartTests {
    let carriage: Carriage
    let island: Island
    let disk: Scratch
    let parts: [String]

    private static let cut = Result {
        let carriage = try Carriage.shared.get()
        let disk = try Scratch()
        let parts = try carriage.export("old.tar", to: disk.file("ha.tar"), "--split", "1MiB")
        let others = try carriage.export("other.tar", to: disk.file("other.tar"), "--split", "1MiB")
        return (disk: disk, parts: parts, others: others)
    }

    init() throws {
        carriage = try Carriage.shared.get()
        island = try Island()
        disk = try Scratch()
        parts = try Self.cut.get().parts
        try #require(parts.count == 5)
    }

    @Test("all at once in any order", arguments: 0..<3) func together(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let outcome = try island.imports(parts.shuffled(using: &random))
        #expect(outcome.status == 0, "\(outcome.transcript)")
        try island.expect("old.tar", of: carriage)
    }

    @Test("one after the other in any order; what is still to come is said each time", arguments: 0..<3)
    func singly(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(100 + seed))
        var rest = Set(1...5)
        for part in parts.shuffled(using: &random) {
            let number = try #require(parts.firstIndex(of: part)) + 1
            rest.remove(number)
            let outcome = try island.imports([part])
            #expect(outcome.status == (rest.isEmpty ? 0 : 1), "\(outcome.transcript)")
            let named = rest.sorted().map { "\($0)" }.joined(separator: ", ")
            #expect(rest.isEmpty || outcome.errors.contains("\(named) of 5\n"), "\(rest): \(outcome.errors)")
        }
        try island.expect("old.tar", of: carriage)
    }

    @Test("each part missing, and brought by itself", arguments: 0..<5) func missing(_ number: Int) throws {
        let outcome = try island.imports(parts.enumerated().filter { $0.offset != number }.map(\.element))
        #expect(
            outcome.status == 1 && outcome.errors.contains("bring part \(number + 1) of 5\n"), "\(outcome.transcript)")
        #expect(island.scratch.files(below: "out").isEmpty)
        #expect(try island.imports([parts[number]]).status == 0)
        try island.expect("old.tar", of: carriage)
    }

    /// What happens to which part.
    private static let damages =
        (0..<5).map { ($0, "content") } + [(0, "header"), (2, "cut"), (4, "cut"), (3, "longer"), (1, "padded")]

    @Test("each part damaged: it is named, the rest is used", arguments: damages)
    func damaged(_ number: Int, _ how: String) throws {
        try damage(number, how)
        let outcome = try island.imports(
            parts.enumerated().map { $0.offset == number ? disk.file("bad.tar") : $0.element })
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(outcome.errors.contains(disk.file("bad.tar")), "\(outcome.errors)")
        #expect(outcome.errors.contains("bring part \(number + 1) of 5\n"), "\(outcome.errors)")
        if how == "content" {
            #expect(outcome.errors.contains("= bring part \(number + 1) of 5 again"), "\(outcome.errors)")
        }
        #expect(island.scratch.files(below: "out").isEmpty)
        #expect(try island.imports([parts[number]]).status == 0)
        try island.expect("old.tar", of: carriage)
    }

    private func damage(_ number: Int, _ how: String) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: parts[number])))
        switch how {
        case "content": bytes[bytes.count / 2] ^= 0x10
        case "header": bytes[512 * 2 + 130] ^= 1
        case "cut": bytes.removeLast(bytes.count / 3)
        case "longer": bytes += [1, 2, 3]
        default: bytes += [UInt8](repeating: 0, count: 4096)
        }
        try disk.write("bad.tar", bytes)
    }

    @Test("each part doubled, once with a damaged copy first", arguments: 0..<5) func doubled(_ number: Int) throws {
        try damage(number, "content")
        let outcome = try island.imports([disk.file("bad.tar")] + parts + [parts[number]])
        #expect(outcome.status == 0 && outcome.errors.contains("bad.tar is damaged"), "\(outcome.transcript)")
        try island.expect("old.tar", of: carriage)
    }

    @Test("each part swapped with that of another export", arguments: 0..<5) func swapped(_ number: Int) throws {
        let others = try Self.cut.get().others
        let outcome = try island.imports(
            parts.enumerated().map { $0.offset == number ? others[$0.offset] : $0.element })
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(
            outcome.errors.contains("\(others[number]) is part \(number + 1) of 5 of another export, of ha-"),
            "\(outcome.errors)")
        #expect(outcome.errors.contains("bring part \(number + 1) of 5\n"), "\(outcome.errors)")
        #expect(try island.imports([parts[number]]).status == 0)
        try island.expect("old.tar", of: carriage)
    }

    @Test("parts of the same bundle that were cut otherwise are told apart") func cutOtherwise() throws {
        let other = try carriage.export("old.tar", to: disk.file("two.tar"), "--split", "2MiB")
        let outcome = try island.imports([parts[0], parts[1], other[0]])
        #expect(outcome.status == 1 && outcome.errors.contains("which was cut in another way"), "\(outcome.transcript)")
    }

    @Test("a blob that is many parts long") func long() throws {
        // Everything but the first layer of bytes: kubelet alone is longer than a part.
        #expect(try parts.allSatisfy { try Data(contentsOf: URL(fileURLWithPath: $0)).count < 1 << 20 })
        let outcome = try island.imports(parts.reversed())
        #expect(outcome.status == 0, "\(outcome.transcript)")
        try island.expect("old.tar", of: carriage)
    }

    // MARK: Killed

    /// Calls that change something, and which of them the process dies at.
    private static let moments = [
        ("mkdirat,mkdir", 1), ("openat", 80), ("openat", 90), ("pwrite64", 1), ("pwrite64", 2), ("pwrite64", 3),
        ("pwrite64", 4),
        ("pwrite64", 30), ("pwrite64", 100), ("pwrite64", 200), ("pwrite64", 300), ("pwrite64", 350), ("fsync", 1),
        ("fsync", 2),
        ("fsync", 3), ("fsync", 4), ("fsync", 6), ("fchmod", 1), ("fchmod", 2), ("renameat", 1), ("renameat", 2),
        ("renameat", 3),
        ("unlinkat,unlink,rmdir", 1), ("unlinkat,unlink,rmdir", 2), ("unlinkat,unlink,rmdir", 5),
        ("unlinkat,unlink,rmdir", 9),
    ]

    @Test("killed at 20 moments and more, an import is done by running it again", .needs(Tool("strace")))
    func killed() throws {
        let one = try carriage.export("old.tar", to: disk.file("one.tar"))
        var killed = 0
        for (number, (calls, count)) in Self.moments.enumerated() {
            let island = try Island()
            let files = number % 2 == 0 ? one : parts
            // Half of what there is, so that pieces are kept and found again.
            if files.count > 1 { _ = try island.imports([parts[1], parts[3]]) }
            let dead = try Tool("strace").run(
                [
                    "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(calls)", "-e",
                    "inject=\(calls):signal=SIGKILL:when=\(count)", Repository.slipway.path, "import",
                ] + files + ["--store", island.scratch.file("store"), "--out", "out"], in: island.scratch.url)
            if dead.status == 137 { killed += 1 }
            let outcome = try island.imports(files)
            #expect(outcome.status == 0, "\(calls) \(count): \(outcome.transcript)")
            try island.expect("old.tar", of: carriage)
        }
        print("an import was killed at \(killed) moments")
        #expect(killed >= 20)
    }
}
