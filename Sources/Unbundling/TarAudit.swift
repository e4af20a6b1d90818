import Archive
import BundleFormat
import SystemPackage
import Values

/// The tar around a bundle's blobs: every header, every padding and the end must be what the writer makes, so that no byte of the
/// file is without meaning.
struct TarAudit {
    private static let blockSize: Int64 = 512
    private let store: BlobStore
    private let header: [UInt8]

    init(_ bundle: Bundle) throws {
        store = bundle.store
        let entry = try ArchiveEntry.file("x", [], modified: bundle.description.epoch.secondsSince1970)
        header = Array(try TarWriter.bytes(of: [entry]).prefix(Int(Self.blockSize)))
    }

    func failures() throws -> [Verification.Failure] {
        var failures: [Verification.Failure] = []
        func fail(_ subject: String, _ message: String) {
            failures.append(.init(subject: subject, message: message))
        }
        var end: Int64 = 0
        for (place, member) in store.members.enumerated() {
            // What is between the last content and this one: the padding and this header.
            let (padded, start) = (Self.padded(end), member.offset - Self.blockSize)
            guard start == padded else {
                fail(
                    member.path,
                    "\(start - padded) bytes stand before its header, at byte \(padded), that are in no member")
                return failures
            }
            if try !store.isZero(from: end, to: padded) { fail(member.path, "the padding before it is not zeros") }
            if try store.read(at: start, count: Int(Self.blockSize)) != expectedHeader(of: member) {
                fail(
                    member.path,
                    "its header, at byte \(start), is not as Slipway writes it: another program packed the file")
            }
            if member.kind == .marker, place != 0 { fail(member.path, "it is not the first member") }
            if member.kind == .index, place != store.members.count - 1 {
                fail(member.path, "it is not the last member")
            }
            end = member.offset + member.size
        }
        let expectedSize = Self.padded(end) + 2 * Self.blockSize
        let size = try store.descriptor.seek(offset: 0, from: .end)
        if size != expectedSize {
            fail(store.file, "it has \(size) bytes, expected \(expectedSize): something was appended or cut off")
        } else if try !store.isZero(from: end, to: size) {
            fail(store.file, "its end, from byte \(end), is not zeros")
        }
        return failures
    }

    /// The writer's header with this member's name, size and checksum (POSIX.1-2001, "ustar Interchange Format").
    private func expectedHeader(of member: BlobStore.Member) -> [UInt8] {
        var block = header
        func put(_ text: String, at place: Int, length: Int) {
            let bytes = Array(text.utf8)
            for index in 0..<length { block[place + index] = index < bytes.count ? bytes[index] : 0 }
        }
        func octal(_ value: Int64, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(member.path, at: 0, length: 100)
        put(octal(member.size, 11) + " ", at: 124, length: 12)
        put("        ", at: 148, length: 8)
        let sum = block.reduce(0) { $0 + Int64($1) }
        put(octal(sum, 6) + "\0 ", at: 148, length: 8)
        return block
    }

    private static func padded(_ size: Int64) -> Int64 { (size + blockSize - 1) / blockSize * blockSize }
}

extension BlobStore {
    fileprivate func isZero(from start: Int64, to end: Int64) throws -> Bool {
        try start == end || read(at: start, count: Int(end - start)).allSatisfy { $0 == 0 }
    }
}
