internal import BundleFormat
internal import CArchive
public import SystemPackage
import Values

/// What a Debian package says of itself (deb(5)): an ar with `debian-binary`, `control.tar`, compressed or not, and `data.tar`.
public enum DebianPackage {
    /// Of `control.tar` as it lies in the package, and of what is unpacked of it.
    private static let controlLimit: Int64 = 16 << 20

    /// The architecture it is built for, in Debian's words, or `all`.
    ///
    /// The descriptor stays the caller's. `subject` is what errors call the package.
    ///
    /// - Throws: ``ArchiveError`` when it is no package, or is compressed in a way that this libarchive does not know.
    public static func architecture(of descriptor: FileDescriptor, subject: String) throws(ArchiveError) -> String {
        let control = try controlArchive(descriptor, subject)
        let text = String(decoding: try controlFile(control, subject), as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "architecture" else { continue }
            return printable(parts[1].split(separator: " ").joined(separator: " "))
        }
        throw .wrongFormat(archive: subject, reason: "the package does not say for which architecture it is")
    }

    private static func controlArchive(
        _ descriptor: FileDescriptor, _ subject: String
    ) throws(ArchiveError) -> [UInt8] {
        let handle = try ReadHandle.create(subject: subject)
        try handle.check(unsafe archive_read_support_format_ar(handle.archive), "read")
        do { try descriptor.seek(offset: 0, from: .start) } catch {
            throw .system(operation: "read", subject: subject, error: error as? Errno ?? .ioError)
        }
        try handle.check(unsafe archive_read_open_fd(handle.archive, descriptor.rawValue, 64 << 10), "read")
        // Its place is the second; what stands behind is not read.
        var gate = MemberGate(
            archive: subject, limits: ReadLimits(memberCount: 4, memberSize: 16 << 30, totalSize: 64 << 30))
        while let header = try handle.nextHeader() {
            guard let member = try gate.admit(header, at: handle.position) else { continue }
            guard member.path.hasPrefix("control.tar") else { continue }
            guard member.size <= controlLimit else {
                throw .limitExceeded(archive: subject, what: "the size of \(member.path)", limit: controlLimit)
            }
            return try handle.bytes(of: member)
        }
        throw .wrongFormat(archive: subject, reason: "the package has no control.tar")
    }

    private static func controlFile(_ archive: [UInt8], _ subject: String) throws(ArchiveError) -> [UInt8] {
        var result: Result<[UInt8]?, ArchiveError> = .success(nil)
        // The reader keeps the pointer, so it lives and dies in here.
        unsafe archive.withUnsafeBytes { buffer in
            do throws(ArchiveError) {
                let handle = try ReadHandle.create(subject: subject)
                // With some libraries a filter is another program: then it gives a warning here, and works.
                _ = unsafe archive_read_support_filter_gzip(handle.archive)
                _ = unsafe archive_read_support_filter_xz(handle.archive)
                _ = unsafe archive_read_support_filter_zstd(handle.archive)
                try handle.check(unsafe archive_read_support_format_tar(handle.archive), "read")
                try handle.check(
                    unsafe archive_read_open_memory(handle.archive, buffer.baseAddress, buffer.count), "read")
                guard unsafe archive_filter_count(handle.archive) <= 2 else {
                    throw .limitExceeded(archive: subject, what: "how often it is compressed", limit: 1)
                }
                var gate = MemberGate(
                    archive: subject,
                    limits: ReadLimits(memberCount: 1000, memberSize: 1 << 20, totalSize: controlLimit))
                while let header = try handle.nextHeader() {
                    guard let member = try gate.admit(header, at: handle.position), member.path == "control" else {
                        continue
                    }
                    result = .success(try handle.bytes(of: member))
                    return
                }
            } catch {
                result = .failure(error)
            }
        }
        guard let found = try result.get() else {
            throw .wrongFormat(archive: subject, reason: "the package has no control file")
        }
        return found
    }
}
