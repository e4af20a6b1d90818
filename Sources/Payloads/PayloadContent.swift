import Archive
import BuildPlan
import SystemPackage
import Values

/// What a file is by its first bytes, compared with what its payload must be. A page that says "sign in first" is a file too, with a
/// digest like any other: it is refused here, once, rather than on eleven machines.
enum PayloadContent: Hashable, Sendable {
    /// A program for Linux (ELF, System V ABI, "ELF Header"): its machine, nil for one that is not among ours.
    case program(Architecture?)
    /// A program's first line names another that reads it.
    case script
    /// A file system or a partitioned disk: qcow2, or as it lies on a disk.
    case disk
    case debianPackage
    /// A tar, compressed or not, or a zip.
    case archive
    case empty
    case other(String)

    /// Bytes that are looked at: as far as the superblock of ext4.
    static let headerSize = 2048

    init(header: [UInt8]) {
        func has(_ bytes: [UInt8], at offset: Int = 0) -> Bool { header.dropFirst(offset).starts(with: bytes) }
        func has(_ text: String, at offset: Int = 0) -> Bool { has(Array(text.utf8), at: offset) }
        if header.isEmpty {
            self = .empty
        } else if has([0x7F] + Array("ELF".utf8)) {
            self = .program(Self.machine(header))
        } else if has("#!") {
            self = .script
        } else if has("QFI\u{FB}".unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
            || has("EFI PART", at: 512)
            || has([0x53, 0xEF], at: 1080)
        {
            self = .disk
        } else if has("!<arch>\ndebian-binary") {
            self = .debianPackage
        } else if has("ustar", at: 257) || has([0x1F, 0x8B]) || has("PK\u{3}\u{4}") {
            self = .archive
        } else if has([0x55, 0xAA], at: 510) {
            self = .disk
        } else {
            self = .other(Self.words(header))
        }
    }

    /// 64 bits and little-endian, as both our machines are.
    private static func machine(_ header: [UInt8]) -> Architecture? {
        guard header.count >= 20, header[4] == 2, header[5] == 1 else { return nil }
        switch UInt16(header[18]) | UInt16(header[19]) << 8 {
        case 62: return .amd64
        case 183: return .arm64
        default: return nil
        }
    }

    /// The beginning of what may be a text, for people.
    private static func words(_ header: [UInt8]) -> String {
        let beginning = header.prefix(24)
        let isText = beginning.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        let lower = String(decoding: header.prefix(200), as: UTF8.self).lowercased()
        if lower.contains("<html") || lower.contains("<!doctype") { return "a web page" }
        guard isText else { return "data of another kind" }
        return "a text that begins \"\(printable(String(decoding: beginning, as: UTF8.self)))\""
    }

    var description: String {
        switch self {
        case .program(let machine): machine.map { "a program for \($0.rawValue)" } ?? "a program for another machine"
        case .script: "a script"
        case .disk: "a disk"
        case .debianPackage: "a Debian package"
        case .archive: "an archive"
        case .empty: "an empty file"
        case .other(let words): words
        }
    }
}

extension PayloadPlan {
    /// Compares a file with what the payload is.
    ///
    /// - Parameter isChosen: a person named the file; then a script may stand in a program's place.
    /// - Throws: ``PayloadError/wrongKind(name:expected:found:)``
    func check(
        _ file: FileDescriptor, named path: String, for architecture: Architecture, isChosen: Bool
    ) throws(PayloadError) {
        let found = PayloadContent(header: try StoreFiles.beginning(of: file, named: path))
        let expected: String
        let isRight: Bool
        switch kind {
        case .binary where !isProgram:
            (expected, isRight) = ("a file", found != .empty)
            if case .other("a web page") = found { throw wrong("a file", found) }
        case .binary:
            expected = "a program for \(architecture.rawValue)"
            isRight = found == .program(architecture) || isChosen && found == .script
        case .archive: (expected, isRight) = ("an archive (tar, tar.gz or zip)", found == .archive)
        case .image: (expected, isRight) = ("an archive of a container image", found == .archive)
        case .deb: (expected, isRight) = ("a Debian package", found == .debianPackage)
        case .disk where source == .given:
            // A kernel or an initial RAM disk has many forms, and the firmware is asked for none of them.
            (expected, isRight) = ("a kernel or an initial RAM disk", found != .empty)
        case .disk: (expected, isRight) = ("the image of a disk", found == .disk)
        }
        guard isRight else { throw wrong(expected, found) }
        do {
            switch kind {
            case .deb:
                let machine = try DebianPackage.architecture(of: file, subject: path)
                guard machine == "all" || machine == architecture.rawValue else {
                    throw PayloadError.wrongKind(
                        name: name, expected: "a package for \(architecture.rawValue)", found: "one for \(machine)")
                }
            case .image: try checkImage(file, path)
            case .binary, .archive, .disk: break
            }
        } catch let error as ArchiveError {
            throw .archive(error)
        } catch {
            throw error as? PayloadError ?? .unreadable(path: path, error: .ioError)
        }
    }

    /// What containerd takes: an OCI image layout, or what `docker save` writes.
    private func checkImage(_ file: FileDescriptor, _ path: String) throws {
        var isImage = false
        do {
            try ArchiveMembers.extract(["manifest.json"], from: file, subject: path) { _, _ in isImage = true }
        } catch ArchiveError.missingMembers {
            do {
                try ArchiveMembers.extract(["oci-layout", "index.json"], from: file, subject: path) { _, _ in }
                isImage = true
            } catch ArchiveError.missingMembers {}
        }
        guard isImage else {
            throw PayloadError.wrongKind(
                name: name, expected: "an archive of a container image",
                found: "an archive without manifest.json and without oci-layout")
        }
    }

    private func wrong(_ expected: String, _ found: PayloadContent) -> PayloadError {
        .wrongKind(name: name, expected: expected, found: found.description)
    }
}
