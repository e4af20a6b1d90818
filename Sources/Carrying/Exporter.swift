import Archive
import BundleFormat
import HostSystem
public import Payloads
public import Signing
import Synchronization
import SystemPackage
public import Unbundling
public import Values

/// What an export is to hold.
public struct ExportRequest: Sendable {
    /// The bundle that the other side has, and with it, it is taken, its payloads.
    public let since: Unbundling.Bundle?
    /// Blobs that the other side has.
    public let have: Set<Values.Digest>
    /// No part reaches this many bytes; nil for one file.
    public let partSize: Int64?
    public let signatures: [BundleSignature]

    public init(
        since: Unbundling.Bundle? = nil, have: Set<Values.Digest> = [], partSize: Int64? = nil,
        signatures: [BundleSignature] = []
    ) {
        self.since = since
        self.have = have
        self.partSize = partSize
        self.signatures = signatures
    }

    /// Everything in one file: that is a bundle itself.
    var isFullBundle: Bool { since == nil && have.isEmpty && partSize == nil }
}

/// Writes what is carried to where no network is: a bundle with its payloads as one file, or in parts, or only what the other side lacks.
///
/// Where everything will lie is known before the first byte is written. Blobs are copied side by side and hashed on the way, each once.
public struct Exporter: Sendable {
    /// A file that will be written.
    public struct File: Sendable {
        public let path: String
        /// Bytes.
        public let size: Int64
        fileprivate let number: Int
        fileprivate let pieces: [Piece]
    }

    private let bundle: Unbundling.Bundle
    private let request: ExportRequest
    private let list: PackingList
    private let frame: PartFrame
    private let signatureText: [UInt8]
    private let payloads: [Values.Digest: BlobLocation]
    /// In their order.
    public let files: [File]

    /// Finds everything, and plans where it goes.
    ///
    /// - Parameter path: of the file; parts have their number before its extension.
    /// - Throws: ``PayloadError/absent(names:)`` for payloads that are neither in the store nor in the bundle; ``CarryingError``.
    public init(_ bundle: Unbundling.Bundle, _ request: ExportRequest, store: PayloadStore, to path: String) throws {
        self.bundle = bundle
        self.request = request
        var there = request.have
        if let since = request.since {
            there.formUnion(since.ownBlobs)
            there.formUnion(since.description.payloadBlobs.map(\.digest))
        }
        var payloads: [Values.Digest: BlobLocation] = [:]
        var absent: Set<String> = []
        for blob in bundle.description.payloadBlobs
        where bundle.blob(blob.digest) == nil && !there.contains(blob.digest) {
            payloads[blob.digest] = store.location(of: blob.digest)
            if payloads[blob.digest] == nil { absent.insert(blob.payload) }
        }
        guard absent.isEmpty else { throw PayloadError.absent(names: absent.sorted()) }
        self.payloads = payloads
        list = try PackingList(
            bundle, since: request.since?.bundleDigest, partSize: request.partSize,
            size: { [payloads] in bundle.blob($0.digest)?.size ?? payloads[$0.digest]?.size ?? $0.size },
            isCarried: { !there.contains($0) })
        frame = PartFrame(list)
        signatureText = Array(request.signatures.map(\.armoured).joined().utf8)
        if request.isFullBundle {
            let order = bundle.blobOrder
            let entries = Dictionary((list.blobs + list.payloads).map { ($0.digest, $0) }) { first, _ in first }
            let pieces = order.compactMap { entries[$0] }.map(Piece.whole)
            let size = Self.size(of: pieces, documents: [Self.marker, bundle.store.indexBytes])
            files = [File(path: path, size: size, number: 1, pieces: pieces)]
        } else {
            guard Int64(signatureText.count) <= PartLayout.signatureRoom else {
                throw CarryingError.disagreement(file: bundle.file, "its signatures are too long to be carried")
            }
            let parts = try PartLayout(list).parts
            files = parts.map { [frame, signatureText, list] part in
                let manifest = Self.manifest(
                    frame, signatureText, part.number, part.pieces, part.pieces.map { _ in .none })
                let documents =
                    Self.head(frame, bundle, signatureText).map(\.bytes) + [
                        manifest, frame.topIndex(number: part.number, manifest: manifest),
                    ]
                return File(
                    path: Self.path(path, part.number, of: parts.count, isCut: list.partSize != nil),
                    size: Self.size(of: part.pieces, documents: documents), number: part.number, pieces: part.pieces)
            }
        }
    }

    /// What is not in the export, since the other side has it: blobs and their bytes together.
    public var left: (count: Int, size: Int64) {
        let left = (list.blobs + list.payloads).filter { !$0.isCarried }
        return (left.count, left.reduce(0) { $0 + $1.size })
    }

    /// Bytes of payloads that are carried.
    public var payloadSize: Int64 { list.payloads.reduce(0) { $0 + ($1.isCarried ? $1.size : 0) } }

    /// Refuses a disk that cannot hold the files, before anything is written.
    ///
    /// - Throws: ``CarryingError/noRoom(path:needed:free:)``, ``CarryingError/fileTooLarge(path:size:limit:)``.
    public func checkRoom() throws(CarryingError) {
        guard let first = files.first else { return }
        let directory = FilePath(first.path).removingLastComponent()
        let path = directory.isEmpty ? "." : directory.string
        if let limit = HostFacts.largestFile(at: path), let file = files.first(where: { $0.size > limit }) {
            throw .fileTooLarge(path: file.path, size: file.size, limit: limit)
        }
        let needed = files.reduce(0) { $0 + $1.size }
        if let free = HostFacts.freeSpace(at: path), free < needed {
            throw .noRoom(path: path, needed: needed, free: free)
        }
    }

    /// Writes the files, one after the other; each stands there complete or not at all, and after an error none.
    ///
    /// - Parameter threads: how many blobs are copied at a time; the bytes are the same for every number.
    public func write(threads: Int) throws {
        let hashers = CutHashers()
        for (number, file) in files.enumerated() {
            do { try write(file, hashers, width: max(1, min(threads, 8))) } catch {
                for earlier in files[..<number] { try? Files.remove(earlier.path) }
                throw error
            }
        }
        guard request.isFullBundle, !request.signatures.isEmpty, let file = files.first else { return }
        try Files.write(signatureText, to: SignatureFile(beside: FilePath(file.path)).path, mode: 0o644)
    }

    private func write(_ file: File, _ hashers: CutHashers, width: Int) throws {
        var output = try TarFile.create(file.path, modified: list.epoch.secondsSince1970)
        let head = request.isFullBundle ? [] : Self.head(frame, bundle, signatureText).dropFirst()
        try output.append(ImageLayout.markerPath, Self.marker)
        for document in head { try output.append(document.digest.blobPath, document.bytes) }
        var places: [Int64] = []
        for piece in file.pieces { places.append(output.reserve(piece.size)) }

        let digests = Mutex<[Values.Digest]>(file.pieces.map { _ in .none })
        let copying = PieceCopying(
            target: output.descriptor, path: file.path, blocks: output.blocks, hashers: hashers)
        try Parallel.forEach(file.pieces.count, width: width) { [places, self] index in
            let digest = try copying.run(
                file.pieces[index], from: origin(of: file.pieces[index].entry), at: places[index])
            digests.withLock { $0[index] = digest }
        }
        let found = digests.withLock { $0 }
        if request.isFullBundle {
            try output.append(ImageLayout.indexPath, bundle.store.indexBytes)
        } else {
            let manifest = Self.manifest(frame, signatureText, file.number, file.pieces, found)
            let all = head.map(\.digest) + found + [Values.Digest(hashing: manifest)]
            guard Set(all).count == all.count else { throw CarryingError.samePieces(size: list.partSize ?? 0) }
            try output.append(Values.Digest(hashing: manifest).blobPath, manifest)
            try output.append(ImageLayout.indexPath, frame.topIndex(number: file.number, manifest: manifest))
        }
        try output.end()
        try output.commit()
    }

    private func origin(of entry: PackingList.Entry) throws(CarryingError) -> Origin {
        if let place = bundle.blob(entry.digest) { return .bundle(place, bundle) }
        guard let location = payloads[entry.digest] else {
            throw .damagedSource(name: entry.name, file: bundle.file)
        }
        return .store(location)
    }

    // MARK: The documents of a part

    private static var marker: [UInt8] { CanonicalJSON.encode(ImageLayout.marker) }

    /// Those that stand before the pieces.
    private static func head(
        _ frame: PartFrame, _ bundle: Unbundling.Bundle, _ signatures: [UInt8]
    ) -> [(digest: Values.Digest, bytes: [UInt8])] {
        let documents = [marker, frame.listBytes, bundle.index] + (signatures.isEmpty ? [] : [signatures])
        return documents.map { (Values.Digest(hashing: $0), $0) }
    }

    private static func manifest(
        _ frame: PartFrame, _ signatures: [UInt8], _ number: Int, _ pieces: [Piece], _ digests: [Values.Digest]
    ) -> [UInt8] {
        let described = signatures.isEmpty ? nil : (Values.Digest(hashing: signatures), Int64(signatures.count))
        let manifest = frame.manifest(number: number, signatures: described, pieces: pieces, digests: digests)
        return CanonicalJSON.encode(manifest.json, capacity: 2048 + 220 * pieces.count)
    }

    private static func size(of pieces: [Piece], documents: [[UInt8]]) -> Int64 {
        (documents.map { Int64($0.count) } + pieces.map(\.size)).reduce(TarBlocks.endSize) {
            $0 + TarBlocks.member($1)
        }
    }

    /// `disk/ha.tar` → `disk/ha.03-of-12.tar`
    private static func path(_ path: String, _ number: Int, of count: Int, isCut: Bool) -> String {
        guard isCut else { return path }
        let (digits, all) = ("\(number)", "\(count)")
        let mark = String(repeating: "0", count: all.count - digits.count) + "\(digits)-of-\(all)"
        var target = FilePath(path)
        let name = target.stem ?? "export"
        target.removeLastComponent()
        return target.appending("\(name).\(mark).tar").string
    }
}

/// Where a blob lies that is exported.
enum Origin: Sendable {
    case bundle(BlobPlace, Unbundling.Bundle)
    case store(BlobLocation)
}

/// The hashers of blobs that are cut: their pieces follow each other, part after part.
final class CutHashers: Sendable {
    private let hashers = Mutex<[Values.Digest: BlobHasher]>([:])

    func take(_ digest: Values.Digest) -> BlobHasher { hashers.withLock { $0[digest] ?? BlobHasher() } }
    func put(_ hasher: BlobHasher, _ digest: Values.Digest) { hashers.withLock { $0[digest] = hasher } }
}

/// Copies one piece into its place in a part, with its header before and zeros behind it.
private struct PieceCopying: Sendable {
    let target: FileDescriptor
    let path: String
    let blocks: TarBlocks
    let hashers: CutHashers

    /// - Returns: the piece's digest.
    func run(_ piece: Piece, from origin: Origin, at place: Int64) throws -> Values.Digest {
        let entry = piece.entry
        switch origin {
        case .bundle(let blob, let bundle):
            guard blob.size == entry.size else {
                throw CarryingError.damagedSource(name: entry.name, file: bundle.file)
            }
            return try copy(piece, blob.descriptor, blob.offset, bundle.file, at: place)
        case .store(let location):
            let file = OwnedDescriptor(owning: try Files.openForReading(location.file.string))
            return try copy(piece, file.descriptor, location.offset, location.file.string, at: place)
        }
    }

    private func copy(
        _ piece: Piece, _ source: FileDescriptor, _ start: Int64, _ file: String, at place: Int64
    ) throws -> Values.Digest {
        var (own, whole) = (BlobHasher(), piece.isWhole ? BlobHasher() : hashers.take(piece.entry.digest))
        let content = place + TarBlocks.size
        do {
            try RangeCopy.copy(
                from: source, at: start + piece.offset, count: piece.size, to: target, at: content, named: path
            ) { bytes in
                own.update(bytes)
                if !piece.isWhole { whole.update(bytes) }
            }
        } catch let error as RangeCopy.Unreadable {
            throw CarryingError.system(SystemError("read", file, .ioError, detail: error.reason))
        }
        let digest = own.finish()
        let isEnd = piece.offset + piece.size == piece.entry.size
        if isEnd, (piece.isWhole ? digest : whole.finish()) != piece.entry.digest {
            throw CarryingError.damagedSource(name: piece.entry.name, file: file)
        }
        if !piece.isWhole { hashers.put(whole, piece.entry.digest) }
        try RangeCopy.write(
            blocks.header(digest.blobPath, size: piece.size), to: target, at: place, named: path)
        try RangeCopy.write(TarBlocks.padding(after: piece.size), to: target, at: content + piece.size, named: path)
        return digest
    }
}

/// A list of digests, as `slipway store list --digests` prints it: of each line the first word counts, with or without `sha256:`.
public enum DigestList {
    /// - Throws: ``CarryingError/notADigest(file:line:)``.
    public static func read(_ path: String) throws(CarryingError) -> Set<Values.Digest> {
        guard let bytes = try Files.read(path) else {
            throw .system(SystemError("read", path, .noSuchFileOrDirectory))
        }
        var digests: Set<Values.Digest> = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            guard let word = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }).first else {
                continue
            }
            let text = String(decoding: word, as: UTF8.self)
            guard let digest = (try? Values.Digest(parsing: text)) ?? (try? Values.Digest(hex: text)) else {
                throw .notADigest(file: path, line: number + 1)
            }
            digests.insert(digest)
        }
        return digests
    }
}
