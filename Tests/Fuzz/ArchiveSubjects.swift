import Archive
import Foundation
import SystemPackage
import TestSupport
import Values

extension Subject {
    static let tar = Subject(
        "tar", tokens: archiveWords + ["ustar\0" + "00", "ustar  \0", "30 mtime=1.5\n", "20 path=../../x\n"],
        bytes: [[0x80, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 0, count: 512)], limit: 32 << 10,
        seeds: { try Tars.seeds() }, reader: { try TarReading() })

    static let iso = Subject(
        "iso",
        tokens: ["CD001", "NM", "PX", "TF", "CE", "SP", "RR", "SL", "CL", "RE", "ER", "cidata", "..", "/", ";1"],
        bytes: [[1, 0], [255], [0, 8, 0, 0, 0, 0, 8, 0], [34, 0]], limit: 96 << 10,
        seeds: {
            [
                try SeedISO.image(
                    label: "cidata",
                    entries: [
                        .file("user-data", [UInt8](repeating: 9, count: 3000)), .file("slipway/machine.json", [1]),
                        .file("slipway/files/etc/a/b", [2, 3]), .directory("empty"),
                    ], epoch: 1_767_225_600),
                try StreamedISO(
                    label: "SLIPWAY", files: [.init(path: "depot.json", permissions: 0o644, size: 0)], epoch: 0
                ).header,
            ]
        }, reader: { ISOReading() })

    /// Archives of payloads, which upstream packs: tar, tar in gzip, zip.
    static let archive = Subject(
        "archive", tokens: archiveWords,
        bytes: [[0x50, 0x4B, 3, 4], [0x50, 0x4B, 1, 2], [0x50, 0x4B, 5, 6], [0x1F, 0x8B, 8]],
        limit: 32 << 10,
        seeds: {
            let tars = try Tars.seeds()
            return tars + tars.map(Packing.gzip) + [Packing.zip([("v3/etcd", [7, 7, 7]), ("README", [])])]
        }, reader: { try PayloadReading() })

    private static let archiveWords = [
        "../", "/", "./", "a/b", "0", "1", "2", "3", "5", "L", "K", "x", "g", "S", "0006755", "77777777777",
        "00000000000",
    ]
}

private let limits = ReadLimits(memberCount: 100, memberSize: 1 << 20, totalSize: 4 << 20)

/// What must hold for all members that a reader lets in.
private func check(_ path: String) throws(Finding) {
    try require(!path.hasPrefix("/") && !path.split(separator: "/").contains(".."), "it lets in \(path)")
    try require(path.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "it lets in a name that is not printable")
}

private func refusal(_ error: any Error) throws -> Verdict {
    guard let error = error as? ArchiveError else { throw error }
    return .refused(error.description)
}

private final class TarReading: Reading {
    private let file: InputFile

    init() throws { file = try InputFile() }

    func read(_ input: [UInt8]) throws -> Verdict {
        // Checksums that fit, or nothing behind the header would be reached.
        let bytes = input.first == 0xFF ? Array(input.dropFirst()) : Tars.withChecksums(input)
        let fromMemory: [ArchiveEntry]
        do { fromMemory = try TarReader.entries(in: bytes, subject: "t", limits: limits) } catch {
            // From a file the answer is the same.
            do {
                _ = try entries(in: bytes)
                throw Finding("from memory it is refused, from a file it is not: \(error)")
            } catch let other as ArchiveError { return .refused(other.description) }
        }
        try require(try entries(in: bytes) == fromMemory, "a file and memory give different members")
        try require(fromMemory.count <= 100, "it lets in \(fromMemory.count) members")
        try require(fromMemory.reduce(0) { $0 + ($1.content?.count ?? 0) } <= 4 << 20, "it lets in too much")
        for entry in fromMemory { try check(entry.path) }
        return .accepted
    }

    private func entries(in bytes: [UInt8]) throws -> [ArchiveEntry] {
        try file.hold(bytes)
        var reader = try TarReader.open(file.descriptor, subject: "t", limits: limits)
        var entries: [ArchiveEntry] = []
        while let member = try reader.next() {
            let kind: ArchiveEntry.Kind
            if member.isDirectory {
                kind = .directory
            } else {
                let content = try reader.bytes()
                let offset = Int(member.contentOffset)
                try require(
                    Array(bytes[offset..<(offset + content.count)]) == content,
                    "\(member.path) is not where the reader says")
                kind = .file(content)
            }
            entries.append(
                try ArchiveEntry(
                    path: member.path, kind: kind, permissions: member.permissions, modified: member.modified))
        }
        return entries
    }
}

private final class ISOReading: Reading {
    func read(_ input: [UInt8]) throws -> Verdict {
        let entries: [ArchiveEntry]
        do { entries = try ISOReader.entries(in: input, subject: "i", limits: limits) } catch {
            return try refusal(error)
        }
        try require(entries.count <= 100, "it lets in \(entries.count) members")
        try require(entries.reduce(0) { $0 + ($1.content?.count ?? 0) } <= 4 << 20, "it lets in too much")
        for entry in entries { try check(entry.path) }
        // What is read can be written, unless our own writer has a reason, and is then the same again.
        guard let image = try? SeedISO.image(label: "x", entries: entries, epoch: 0) else { return .accepted }
        let again = try ISOReader.entries(in: image, subject: "again", limits: limits)
        let contents = { (entries: [ArchiveEntry]) in
            entries.compactMap { entry in entry.content.map { [Array(entry.path.utf8), $0] } }
        }
        try require(contents(again) == contents(entries), "written and read again it is another")
        return .accepted
    }
}

private final class PayloadReading: Reading {
    private let file: InputFile
    private var takesAll = false

    init() throws { file = try InputFile() }

    func read(_ input: [UInt8]) throws -> Verdict {
        try file.hold(Tars.withChecksums(input))
        takesAll.toggle()
        var (members, total) = (0, Int64(0))
        do {
            try ArchiveMembers.extract(
                takesAll ? nil : ["v3/etcd"], from: file.descriptor, subject: "a", limits: limits
            ) { member, content in
                members += 1
                try check(member.path)
                try content { total += Int64($0.count) }
            }
        } catch { return takesAll || !(error is ArchiveError) ? try refusal(error) : .accepted }
        try require(members <= 100 && total <= 4 << 20, "it lets in \(members) members, \(total) bytes")
        return .accepted
    }
}

/// A file for readers that need one, written anew for each input.
final class InputFile: Sendable {
    let descriptor: FileDescriptor
    let path: FilePath
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch(inMemory: true)
        path = scratch.filePath("input")
        descriptor = try FileDescriptor.open(path, .readWrite, options: [.create], permissions: .ownerReadWrite)
    }

    func hold(_ bytes: [UInt8]) throws {
        try descriptor.resize(to: Int64(bytes.count))
        _ = try unsafe bytes.withUnsafeBytes { try unsafe descriptor.writeAll(toAbsoluteOffset: 0, $0) }
    }

    /// Changes one byte in place.
    func put(_ byte: UInt8, at position: Int) throws {
        try descriptor.writeAll(toAbsoluteOffset: Int64(position), [byte])
    }
}
