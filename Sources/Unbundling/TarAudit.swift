import Archive
import BundleFormat
import SystemPackage
package import Values

/// The tar around the blobs of a bundle, or of a part of an export: every header, every padding and the end must be what the writer makes, so that no byte of the
/// file is without meaning.
package struct TarAudit {
    private let store: BlobStore
    private let blocks: TarBlocks

    init(_ bundle: Bundle) throws { try self.init(bundle.store, epoch: bundle.description.epoch) }

    /// - Parameter epoch: the time of every member.
    package init(_ store: BlobStore, epoch: Timestamp) throws {
        self.store = store
        blocks = try TarBlocks(epoch: epoch.secondsSince1970)
    }

    package func failures() throws -> [Verification.Failure] {
        var failures: [Verification.Failure] = []
        func fail(_ subject: String, _ message: String) {
            failures.append(.init(subject: subject, message: message))
        }
        var end: Int64 = 0
        for (place, member) in store.members.enumerated() {
            // What is between the last content and this one: the padding and this header.
            let (padded, start) = (TarBlocks.padded(end), member.offset - TarBlocks.size)
            guard start == padded else {
                fail(
                    member.path,
                    "\(start - padded) bytes stand before its header, at byte \(padded), that are in no member")
                return failures
            }
            if try !store.isZero(from: end, to: padded) { fail(member.path, "the padding before it is not zeros") }
            if try store.read(at: start, count: Int(TarBlocks.size)) != blocks.header(member.path, size: member.size) {
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
        let expectedSize = TarBlocks.padded(end) + TarBlocks.endSize
        let size = try store.descriptor.seek(offset: 0, from: .end)
        if size != expectedSize {
            fail(store.file, "it has \(size) bytes, expected \(expectedSize): something was appended or cut off")
        } else if try !store.isZero(from: end, to: size) {
            fail(store.file, "its end, from byte \(end), is not zeros")
        }
        return failures
    }
}

extension BlobStore {
    fileprivate func isZero(from start: Int64, to end: Int64) throws -> Bool {
        try start == end || read(at: start, count: Int(end - start)).allSatisfy { $0 == 0 }
    }
}
